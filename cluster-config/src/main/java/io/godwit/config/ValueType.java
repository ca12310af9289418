package io.godwit.config;

import java.util.Arrays;
import java.util.Locale;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What a value written by an operator may be, and how it is read. The same types read the configuration file and the
 * fields of the API, so both accept and refuse the same things in the same words.
 *
 * @param <T> what a value is read to
 */
public final class ValueType<T> {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,62}");
    private static final Pattern CLUSTER_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9-]{0,62}");
    private static final Pattern DECIMAL = Pattern.compile("\\d{1,9}(\\.\\d{1,9})?");
    private static final Pattern WHOLE_NUMBER = Pattern.compile("-?\\d{1,18}");

    private final String accepted;
    private final BiFunction<String, String, T> reader;

    private ValueType(String accepted, BiFunction<String, String, T> reader) {
        this.accepted = accepted;
        this.reader = reader;
    }

    /** What is accepted, to be read after "expected". */
    public String accepted() {
        return accepted;
    }

    /**
     * Reads a value.
     *
     * @throws InvalidValueException naming {@code field}, the text and what is accepted
     */
    public T parse(String field, String text) {
        return reader.apply(field, text);
    }

    /** A name of a host or a VM. */
    public static ValueType<String> name() {
        return matching(NAME, "1 to 63 letters, digits, '.', '_' or '-', beginning with a letter or digit");
    }

    /** The name of a cluster: also its actor systems', which take no dots or underscores. */
    public static ValueType<String> clusterName() {
        return matching(CLUSTER_NAME, "1 to 63 letters, digits or hyphens, beginning with a letter");
    }

    /** Any text but blank. */
    public static ValueType<String> text(String accepted) {
        return of(accepted, text -> !text.isBlank(), text -> text);
    }

    public static ValueType<Integer> integer(int min, int max) {
        ValueType<Long> number = number(min, max);
        return new ValueType<>(number.accepted(), (field, text) -> Math.toIntExact(number.parse(field, text)));
    }

    public static ValueType<Long> number(long min, long max) {
        return of(
                min + " to " + max,
                text -> WHOLE_NUMBER.matcher(text).matches()
                        && Long.parseLong(text) >= min
                        && Long.parseLong(text) <= max,
                Long::parseLong);
    }

    /** A number such as {@code 0.25}; no exponent, at most nine digits on either side. */
    public static ValueType<Double> decimal(int min, int max) {
        return of(
                min + " to " + max + ", such as " + (min + 0.25),
                text -> DECIMAL.matcher(text).matches()
                        && Double.parseDouble(text) >= min
                        && Double.parseDouble(text) <= max,
                Double::parseDouble);
    }

    public static ValueType<Long> size(long minBytes, long maxBytes) {
        String accepted =
                Units.SIZE_ACCEPTED + ", from " + Units.formatSize(minBytes) + " to " + Units.formatSize(maxBytes);
        return ranged(Units.SIZE_ACCEPTED, accepted, minBytes, maxBytes, Units::parseSize);
    }

    public static ValueType<Long> durationMs(long minMs, long maxMs) {
        String accepted = Units.DURATION_ACCEPTED + ", from " + Units.formatDurationMs(minMs) + " to "
                + Units.formatDurationMs(maxMs);
        return ranged(Units.DURATION_ACCEPTED, accepted, minMs, maxMs, Units::parseDurationMs);
    }

    public static ValueType<Long> rate() {
        return new ValueType<>(Units.RATE_ACCEPTED, Units::parseRate);
    }

    /** One of an enum's constants, written in lower case with hyphens. */
    public static <E extends Enum<E>> ValueType<E> oneOf(Class<E> type) {
        String accepted = Arrays.stream(type.getEnumConstants())
                .map(ValueType::nameOf)
                .collect(Collectors.joining(", ", "one of ", ""));
        return new ValueType<>(accepted, (field, text) -> {
            for (E constant : type.getEnumConstants()) {
                if (nameOf(constant).equals(text)) {
                    return constant;
                }
            }
            throw new InvalidValueException(field, text, accepted);
        });
    }

    public static ValueType<Boolean> bool() {
        return of("true or false", text -> text.equals("true") || text.equals("false"), Boolean::valueOf);
    }

    /** How an enum constant is written in files and in the API: {@code AFTER_RESUME} is {@code after-resume}. */
    public static String nameOf(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A type given by what reads it, which is told the field's name and refuses by itself. */
    public static <T> ValueType<T> parsed(String accepted, BiFunction<String, String, T> reader) {
        return new ValueType<>(accepted, reader);
    }

    /** A type given by a test and a conversion, which is only asked where the test holds. */
    public static <T> ValueType<T> of(String accepted, Predicate<String> test, Function<String, T> conversion) {
        return new ValueType<>(accepted, (field, text) -> {
            if (!test.test(text)) {
                throw new InvalidValueException(field, text, accepted);
            }
            return conversion.apply(text);
        });
    }

    /** The type with a further condition, and other words for what it accepts. */
    public ValueType<T> that(Predicate<T> condition, String acceptedWords) {
        return new ValueType<>(acceptedWords, (field, text) -> {
            T value;
            try {
                value = parse(field, text);
            } catch (InvalidValueException refused) {
                throw new InvalidValueException(field, text, acceptedWords);
            }
            if (!condition.test(value)) {
                throw new InvalidValueException(field, text, acceptedWords);
            }
            return value;
        });
    }

    /** The type, or a word that stands for "work it out". */
    <U> ValueType<U> or(String word, U meaning, Function<T, U> otherwise) {
        String either = accepted + ", or \"" + word + '"';
        return new ValueType<>(either, (field, text) -> {
            if (text.equals(word)) {
                return meaning;
            }
            try {
                return otherwise.apply(parse(field, text));
            } catch (InvalidValueException refused) {
                throw new InvalidValueException(field, text, either);
            }
        });
    }

    private static ValueType<String> matching(Pattern pattern, String accepted) {
        return of(accepted, text -> pattern.matcher(text).matches(), text -> text);
    }

    private static ValueType<Long> ranged(
            String unit, String accepted, long min, long max, BiFunction<String, String, Long> parser) {
        return new ValueType<>(accepted, (field, text) -> {
            long value;
            try {
                value = parser.apply(field, text);
            } catch (InvalidValueException malformed) {
                throw new InvalidValueException(field, text, unit);
            }
            if (value < min || value > max) {
                throw new InvalidValueException(field, text, accepted);
            }
            return value;
        });
    }
}
