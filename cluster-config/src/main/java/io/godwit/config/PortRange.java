package io.godwit.config;

import java.util.regex.Pattern;

/**
 * Consecutive ports, both ends included.
 *
 * @param first 1 to 65535
 * @param last at least {@code first}
 */
public record PortRange(int first, int last) {
    private static final String ACCEPTED = "ports first-last, such as 7410-7429, each from 1 to 65535";
    private static final Pattern RANGE = Pattern.compile("(\\d{1,5})-(\\d{1,5})");

    public PortRange {
        if (first < 1 || last > 65_535 || first > last) {
            throw new InvalidValueException("ports", first + "-" + last, ACCEPTED);
        }
    }

    static ValueType<PortRange> type() {
        return ValueType.of(ACCEPTED, PortRange::isRange, PortRange::read);
    }

    private static boolean isRange(String text) {
        if (!RANGE.matcher(text).matches()) {
            return false;
        }
        int dash = text.indexOf('-');
        int first = Integer.parseInt(text.substring(0, dash));
        int last = Integer.parseInt(text.substring(dash + 1));
        return first >= 1 && last <= 65_535 && first <= last;
    }

    private static PortRange read(String text) {
        int dash = text.indexOf('-');
        return new PortRange(Integer.parseInt(text.substring(0, dash)), Integer.parseInt(text.substring(dash + 1)));
    }

    public int size() {
        return last - first + 1;
    }

    public boolean contains(int port) {
        return port >= first && port <= last;
    }

    @Override
    public String toString() {
        return first + "-" + last;
    }
}
