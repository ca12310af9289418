package io.godwit.node.cli;

import java.util.OptionalInt;

/**
 * The key that leaves a console: {@code ^]} and the like, one character, or {@code none}.
 *
 * @param code the byte that the key sends; empty where no key does
 */
record EscapeKey(String name, OptionalInt code) {
    static final String ACCEPTED = "^ and a letter or one of [ \\ ] ^ _, one ASCII character, or none";

    /** @throws IllegalArgumentException where the text is none of that */
    static EscapeKey parse(String text) {
        if (text.equals("none")) {
            return new EscapeKey(text, OptionalInt.empty());
        } else if (text.length() == 1 && text.charAt(0) > ' ' && text.charAt(0) < 0x7f) {
            return new EscapeKey(text, OptionalInt.of(text.charAt(0)));
        } else if (text.length() == 2 && text.charAt(0) == '^') {
            char key = Character.toUpperCase(text.charAt(1));
            if (key >= 'A' && key <= '_') {
                return new EscapeKey("Ctrl-" + key, OptionalInt.of(key & 0x1f));
            }
        }
        throw new IllegalArgumentException("--escape " + text + ": expected " + ACCEPTED);
    }

    /** Where the key is in what was typed; the length where it is not. */
    int find(byte[] typed, int length) {
        for (int i = 0; i < length && code.isPresent(); i++) {
            if (typed[i] == (byte) code.getAsInt()) {
                return i;
            }
        }
        return length;
    }
}
