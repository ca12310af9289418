package io.godwit.config;

import java.util.Collection;
import java.util.Comparator;
import java.util.Optional;

/** Guesses what was meant by a name that is not known. */
public final class Nearest {
    private Nearest() {}

    /**
     * The known name that takes fewest edits to reach, if it is near enough to have been meant; of those that are as near,
     * one that begins the same, for what is mistyped is mostly the end.
     */
    public static Optional<String> to(String unknown, Collection<String> known) {
        return known.stream()
                .filter(name -> distance(unknown, name) <= Math.max(2, Math.min(unknown.length(), name.length()) / 3))
                .min(Comparator.<String>comparingInt(name -> distance(unknown, name))
                        .thenComparing(name -> unknown.isEmpty() || !name.startsWith(unknown.substring(0, 1)))
                        .thenComparing(Comparator.naturalOrder()));
    }

    /** Levenshtein's distance with one row. */
    static int distance(String a, String b) {
        int[] row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            row[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int diagonal = row[0];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int substituted = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                diagonal = row[j];
                row[j] = Math.min(substituted, Math.min(row[j], row[j - 1]) + 1);
            }
        }
        return row[b.length()];
    }
}
