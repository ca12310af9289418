package io.godwit.control.inventory;

import io.godwit.config.InvalidValueException;

/** Names from outside: they end up in files of lines and columns. */
public final class Names {
    private static final String ACCEPTED = "1 to 255 characters without spaces, commas, '|' or control characters";
    private static final int MAX_LENGTH = 255;

    private Names() {}

    /**
     * A loop rather than a pattern: simulations copy VMs by the million.
     *
     * @throws InvalidValueException naming the field
     */
    public static String check(String field, String name) {
        boolean accepted = !name.isEmpty() && name.length() <= MAX_LENGTH;
        for (int i = 0; accepted && i < name.length(); i++) {
            char each = name.charAt(i);
            accepted = each != ',' && each != '|' && !Character.isISOControl(each) && !Character.isWhitespace(each);
        }
        if (!accepted) {
            throw new InvalidValueException(field, name, ACCEPTED);
        }
        return name;
    }
}
