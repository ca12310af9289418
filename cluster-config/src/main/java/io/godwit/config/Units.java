package io.godwit.config;

import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The units operators write: binary sizes ({@code 4GiB}), durations ({@code 300ms}) and rates ({@code 100MiB/s}).
 *
 * <p>Decimal units ({@code GB}) are refused rather than guessed: half of the tools around a hypervisor read them as
 * binary, half as decimal. A fraction is accepted where it is a whole number of bytes or milliseconds.
 */
public final class Units {
    static final String SIZE_ACCEPTED = "a size such as 512MiB or 4GiB (B, KiB, MiB, GiB, TiB), or a number of bytes";
    static final String DURATION_ACCEPTED = "a duration such as 300ms, 5s, 10m or 1h";
    static final String RATE_ACCEPTED =
            "a rate such as 100MiB/s or 1GiB/s, a number of bytes per second, or 0 or \"unlimited\" for no limit";

    /** 18 digits: the largest count that cannot overflow a long before the unit is applied. */
    private static final Pattern AMOUNT = Pattern.compile("(\\d{1,18}(?:\\.\\d{1,9})?) ?([A-Za-z]*)");

    private static final Map<String, Long> SIZES =
            Map.of("", 1L, "B", 1L, "KiB", 1L << 10, "MiB", 1L << 20, "GiB", 1L << 30, "TiB", 1L << 40);
    private static final Map<String, Long> DURATIONS =
            Map.of("ms", 1L, "s", 1_000L, "m", 60_000L, "min", 60_000L, "h", 3_600_000L);
    private static final String[] SIZE_NAMES = {"B", "KiB", "MiB", "GiB", "TiB"};

    private Units() {}

    /**
     * Bytes of a size.
     *
     * @throws InvalidValueException naming the field, when the text is no size or more than a long holds
     */
    public static long parseSize(String field, String text) {
        return parse(field, text, text.strip(), SIZES, SIZE_ACCEPTED);
    }

    /**
     * Milliseconds of a duration. A bare number is refused: it does not say of what.
     *
     * @throws InvalidValueException naming the field
     */
    public static long parseDurationMs(String field, String text) {
        return parse(field, text, text.strip(), DURATIONS, DURATION_ACCEPTED);
    }

    /**
     * Bytes per second; 0 is no limit.
     *
     * @throws InvalidValueException naming the field
     */
    public static long parseRate(String field, String text) {
        String rate = text.strip();
        if (rate.equals("unlimited")) {
            return 0;
        }
        String size = rate.endsWith("/s") ? rate.substring(0, rate.length() - 2) : rate;
        boolean bare = !size.isEmpty() && Character.isDigit(size.charAt(size.length() - 1));
        if (bare == rate.endsWith("/s")) {
            throw new InvalidValueException(field, text, RATE_ACCEPTED);
        }
        return parse(field, text, size, SIZES, RATE_ACCEPTED);
    }

    private static long parse(String field, String text, String amount, Map<String, Long> units, String accepted) {
        Matcher matcher = AMOUNT.matcher(amount);
        Long unit = matcher.matches() ? units.get(matcher.group(2)) : null;
        if (unit == null) {
            throw new InvalidValueException(field, text, accepted);
        }
        try {
            return new BigDecimal(matcher.group(1))
                    .multiply(BigDecimal.valueOf(unit))
                    .longValueExact();
        } catch (ArithmeticException notWholeOrTooLarge) {
            throw new InvalidValueException(field, text, accepted);
        }
    }

    /** The size exactly, in the largest unit that divides it: {@code 4GiB}, {@code 1536MiB}, {@code 4097B}. */
    public static String formatSize(long bytes) {
        int unit = 0;
        long amount = bytes;
        while (amount != 0 && amount % 1024 == 0 && unit < SIZE_NAMES.length - 1) {
            amount /= 1024;
            unit++;
        }
        return amount + SIZE_NAMES[unit];
    }

    /** The size for people to read, rounded to one decimal place: {@code 1.5GiB}. */
    public static String formatApproximateSize(long bytes) {
        int unit = 0;
        BigDecimal amount = BigDecimal.valueOf(bytes);
        BigDecimal step = BigDecimal.valueOf(1024);
        while (amount.abs().compareTo(step) >= 0 && unit < SIZE_NAMES.length - 1) {
            amount = amount.divide(step);
            unit++;
        }
        BigDecimal rounded = amount.setScale(1, RoundingMode.HALF_UP).stripTrailingZeros();
        return rounded.toPlainString() + SIZE_NAMES[unit];
    }

    /** The duration exactly, in the largest unit that divides it: {@code 5s}, {@code 1500ms}. */
    public static String formatDurationMs(long durationMs) {
        if (durationMs == 0 || durationMs % 1_000 != 0) {
            return durationMs + "ms";
        }
        if (durationMs % 3_600_000 == 0) {
            return durationMs / 3_600_000 + "h";
        }
        return durationMs % 60_000 == 0 ? durationMs / 60_000 + "m" : durationMs / 1_000 + "s";
    }

    public static String formatRate(long bytesPerSecond) {
        return bytesPerSecond == 0 ? "unlimited" : formatSize(bytesPerSecond) + "/s";
    }

    public static String formatMeasuredMs(long durationMs) {
        return formatMeasuredMs((double) durationMs);
    }

    /** A number of milliseconds with as many digits as say something: {@code 4.2ms}, {@code 812ms}, {@code 2.41s}. */
    public static String formatMeasuredMs(double durationMs) {
        if (durationMs >= 1_000) {
            return String.format(Locale.ROOT, "%.2fs", durationMs / 1_000);
        }
        return String.format(Locale.ROOT, durationMs < 10 ? "%.1fms" : "%.0fms", durationMs)
                .replace(".0ms", "ms");
    }
}
