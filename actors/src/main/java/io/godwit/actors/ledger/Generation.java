package io.godwit.actors.ledger;

import io.godwit.config.InvalidValueException;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;

/**
 * Which of a cluster's ledgers is meant: the one that the configuration file founded, or one that an operator made anew of
 * one voter's copy when the majority of the voters was lost. Each is a Raft group of its own, so that voters of one neither
 * answer nor are counted by those of another.
 *
 * @param number 0 for the first; of two generations the one with the higher number counts
 * @param mark chosen when it was made, 16 hexadecimal digits; empty for the first. Two of one number were made of two
 *     voters' copies: neither counts before the other
 */
public record Generation(int number, String mark) {
    public static final Generation FIRST = new Generation(0, "");

    static final int MAX_NUMBER = 1_000_000;
    private static final Pattern MARK = Pattern.compile("[0-9a-f]{16}");

    public Generation {
        if (number < 0 || number > MAX_NUMBER) {
            throw new InvalidValueException("ledger.generation", number, "0 to " + MAX_NUMBER);
        }
        if (number == 0 ? !mark.isEmpty() : !MARK.matcher(mark).matches()) {
            throw new InvalidValueException(
                    "ledger.generation.mark", mark, number == 0 ? "none" : "16 hexadecimal digits");
        }
    }

    /** One that nobody else makes after this one. */
    Generation next(RandomGenerator random) {
        return new Generation(number + 1, HexFormat.of().toHexDigits(random.nextLong()));
    }

    /** As {@link #next(RandomGenerator)}, by chance. */
    Generation next() {
        return next(new SplittableRandom());
    }

    boolean isLaterThan(Generation other) {
        return number > other.number;
    }

    /** Whether both were made in the place of the same one. */
    boolean contradicts(Generation other) {
        return number == other.number && !mark.equals(other.mark);
    }

    /** Behind the name of what is the generation's own: empty for the first. */
    String suffix(char separator) {
        return number == 0 ? "" : separator + Integer.toString(number) + separator + mark;
    }

    @Override
    public String toString() {
        return Integer.toString(number);
    }
}
