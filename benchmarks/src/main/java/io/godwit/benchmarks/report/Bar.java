package io.godwit.benchmarks.report;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * A figure that was promised.
 *
 * @param limit at most this, or with {@code atLeast} at least
 * @param unit of both numbers: {@code ms}, {@code %} ...; empty for a ratio
 */
public record Bar(String what, double limit, double measured, String unit, boolean atLeast) {
    public static Bar atMost(String what, double limit, double measured, String unit) {
        return new Bar(what, limit, measured, unit, false);
    }

    public static Bar atLeast(String what, double limit, double measured, String unit) {
        return new Bar(what, limit, measured, unit, true);
    }

    public boolean met() {
        return atLeast ? measured >= limit : measured <= limit;
    }

    /** {@code met by 12 %} or {@code MISSED by 0.31 (31 %)}. */
    public String verdict() {
        double by = Math.abs(measured - limit);
        return "%s by %s (%.0f %%)"
                .formatted(met() ? "met" : "MISSED", number(by), limit == 0 ? 0.0 : by / Math.abs(limit) * 100);
    }

    public String limitText() {
        return (atLeast ? "≥ " : "≤ ") + number(limit);
    }

    public String measuredText() {
        return number(measured);
    }

    public Map<String, Object> asJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("what", what);
        json.put("limit", limit);
        json.put("measured", measured);
        json.put("unit", unit);
        json.put("met", met());
        json.put("verdict", verdict());
        return json;
    }

    private String number(double value) {
        return unit.isEmpty()
                ? String.format(Locale.ROOT, "%.2f", value)
                : String.format(Locale.ROOT, "%.1f %s", value, unit);
    }
}
