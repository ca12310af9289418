package io.godwit.config;

import java.util.Collections;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/**
 * What an operator says of where a VM lives.
 *
 * @param rules at most {@value #MAX_RULES}, none twice
 * @param preferHost taken where it may be; null where there is none
 * @param zones it is bound to, at most {@value #MAX_ZONES}; empty: any
 * @param pinned whether it is never moved unasked
 */
public record VmPlacement(
        List<PlacementRule> rules, @Nullable String preferHost, SortedSet<String> zones, boolean pinned) {
    public static final int MAX_RULES = 16;
    public static final int MAX_ZONES = 64;
    /** Nothing said. */
    public static final VmPlacement ANYWHERE = new VmPlacement(List.of(), null, Collections.emptySortedSet(), false);

    public VmPlacement {
        rules = List.copyOf(rules);
        if (rules.size() > MAX_RULES) {
            throw new InvalidValueException("rules", rules.size() + " of them", "at most " + MAX_RULES);
        }
        if (new HashSet<>(rules).size() < rules.size()) {
            throw new InvalidValueException("rules", rules, "each only once");
        }
        if (preferHost != null) {
            ValueType.name().parse("preferHost", preferHost);
        }
        if (zones.size() > MAX_ZONES) {
            throw new InvalidValueException("zones", zones.size() + " of them", "at most " + MAX_ZONES);
        }
        zones.forEach(zone -> ValueType.name().parse("zones", zone));
        zones = Collections.unmodifiableSortedSet(new TreeSet<>(zones));
    }

    /** Reads {@code rules, preferHost, zones, pinned}; what is left out is as in {@link #ANYWHERE}. */
    static Fields read(FieldReader reader) {
        return new Fields(
                reader.objects("rules", (rule, index) -> PlacementRule.parse(rule)),
                reader.optionalText("preferHost", ValueType.name()),
                reader.texts("zones", ValueType.name()),
                reader.optional("pinned", ValueType.bool()).orElse(false));
    }

    /** The fields one by one: whether they fit together is asked when all of a request was read. */
    record Fields(List<PlacementRule> rules, Optional<String> preferHost, List<String> zones, boolean pinned) {
        VmPlacement together() {
            return new VmPlacement(rules, preferHost.orElse(null), new TreeSet<>(zones), pinned);
        }
    }
}
