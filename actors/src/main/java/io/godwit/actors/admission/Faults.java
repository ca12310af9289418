package io.godwit.actors.admission;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** Collects what is wrong with a message: the field, its value and what would be accepted. */
final class Faults {
    /** A value that somebody else made up is shown no longer than this. */
    private static final int SHOWN_CHARACTERS = 80;

    private final String message;
    private final List<String> found = new ArrayList<>();

    Faults(String message) {
        this.message = message;
    }

    /** @return whether the field is fine, for checks that build on it */
    boolean check(boolean fine, String field, Object value, String accepted) {
        if (!fine) {
            found.add(message + ": " + field + " " + shown(value) + ": " + accepted + " is expected");
        }
        return fine;
    }

    boolean between(String field, long value, long min, long max) {
        return check(value >= min && value <= max, field, value, min + " to " + max);
    }

    boolean size(String field, int size, int max) {
        return check(size <= max, field, size + " entries", "at most " + max);
    }

    boolean text(String field, String value, Predicate<String> fine, String accepted) {
        return check(fine.test(value), field, '"' + value + '"', accepted);
    }

    /** Printable, of any alphabet, and of a length that a page shows. */
    boolean line(String field, String value, int maxCharacters) {
        return text(
                field,
                value,
                text -> text.length() <= maxCharacters && text.chars().noneMatch(Character::isISOControl),
                "at most " + maxCharacters + " printable characters");
    }

    List<String> found() {
        return List.copyOf(found);
    }

    private static String shown(Object value) {
        StringBuilder text = new StringBuilder();
        String.valueOf(value)
                .chars()
                .limit(SHOWN_CHARACTERS)
                .map(letter -> Character.isISOControl(letter) ? '?' : letter)
                .forEach(letter -> text.append((char) letter));
        return text.toString();
    }
}
