package io.godwit.control.ledger;

import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/** Ids of VMs and migrations: 26 lower-case letters and digits, 130 random bits. */
public final class VmIds {
    public static final int LENGTH = 26;
    /** Base 32 without the letters that read like digits (Crockford's). */
    private static final String ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz";

    private static final Pattern ID = Pattern.compile("[a-z0-9]{26}");

    private VmIds() {}

    /** @param random a {@code SecureRandom} where ids must not collide between hosts */
    public static String newId(RandomGenerator random) {
        StringBuilder id = new StringBuilder(LENGTH);
        for (int i = 0; i < LENGTH; i++) {
            id.append(ALPHABET.charAt(random.nextInt(ALPHABET.length())));
        }
        return id.toString();
    }

    public static boolean isValid(String id) {
        return ID.matcher(id).matches();
    }
}
