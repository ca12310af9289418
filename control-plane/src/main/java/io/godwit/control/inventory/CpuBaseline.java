package io.godwit.control.inventory;

import io.godwit.config.CpuFeatureName;
import java.util.Collections;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;

/**
 * What the CPUs of a cluster's hosts have in common. A guest that is given no more may move to each of them.
 *
 * @param features that guests get on every host considered
 * @param beyond by host: what guests get there beside them, nothing at some. Hosts whose guests depend on no feature are
 *     not in it
 * @param vendors of the hosts considered: one, unless guests cannot move between some of them whatever is hidden
 * @param silent hosts that are not considered, for what they have is not known
 */
public record CpuBaseline(
        Set<String> features, Map<String, Set<String>> beyond, Set<String> vendors, Set<String> silent) {
    public CpuBaseline {
        features = sorted(features);
        Map<String, Set<String>> sortedBeyond = new TreeMap<>();
        beyond.forEach((host, names) -> sortedBeyond.put(host, sorted(names)));
        beyond = Collections.unmodifiableMap(sortedBeyond);
        vendors = sorted(vendors);
        silent = sorted(silent);
    }

    private static Set<String> sorted(Set<String> names) {
        return Collections.unmodifiableSet(new TreeSet<>(names));
    }

    /**
     * @param byHost names of the features that guests get on each host that answers, its vendor among them; empty where
     *     guests do not depend on any
     * @param silent the other hosts
     */
    public static CpuBaseline of(Map<String, ? extends Set<String>> byHost, Set<String> silent) {
        Map<String, Set<String>> features = new TreeMap<>();
        Set<String> vendors = new TreeSet<>();
        byHost.forEach((host, names) -> {
            if (!names.isEmpty()) {
                Set<String> own = new TreeSet<>(names);
                own.removeIf(CpuFeatureName::isVendor);
                features.put(host, own);
                names.stream().filter(CpuFeatureName::isVendor).forEach(vendors::add);
            }
        });
        Set<String> common = new TreeSet<>();
        features.values().stream().findFirst().ifPresent(common::addAll);
        features.values().forEach(common::retainAll);
        features.values().forEach(own -> own.removeAll(common));
        return new CpuBaseline(common, features, withoutPrefix(vendors), silent);
    }

    private static Set<String> withoutPrefix(Set<String> vendors) {
        return vendors.stream()
                .map(name -> name.substring(CpuFeatureName.VENDOR_PREFIX.length()))
                .collect(Collectors.toSet());
    }

    /** What a guest must not be given so that it may move everywhere: all that some host lacks. */
    public Set<String> hidden() {
        Set<String> hidden = new TreeSet<>();
        beyond.values().forEach(hidden::addAll);
        return hidden;
    }

    /** Where a guest that was given no more than the baseline cannot go all the same, or may not be able to; else empty. */
    public String caveat() {
        String unknown = silent.isEmpty()
                ? ""
                : "the CPU baseline is without " + String.join(", ", silent) + ", whose CPUs are not known now";
        String mixed = vendors.size() < 2
                ? ""
                : "CPUs are of vendors " + String.join(", ", vendors) + ", between which no VM moves";
        return unknown.isEmpty() || mixed.isEmpty() ? unknown + mixed : unknown + "; " + mixed;
    }
}
