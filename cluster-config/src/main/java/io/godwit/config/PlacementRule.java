package io.godwit.config;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * With whom a VM is to live, or where.
 *
 * @param strict whether it is never broken; else it is kept where that costs little
 * @param names of other VMs, or of hosts: 1 to {@value #MAX_NAMES}
 */
public record PlacementRule(Kind kind, boolean strict, SortedSet<String> names) {
    public static final int MAX_NAMES = 64;

    /** What it says. */
    public enum Kind {
        /** On the same host as these VMs. */
        TOGETHER,
        /** On no host where one of these VMs is. */
        APART,
        /** Only on these hosts. */
        ON,
        /** On none of these hosts. */
        NOT_ON;

        public boolean ofHosts() {
            return this == ON || this == NOT_ON;
        }

        /** The field that has the names. */
        String field() {
            return ofHosts() ? "hosts" : "vms";
        }
    }

    public PlacementRule {
        if (names.isEmpty() || names.size() > MAX_NAMES) {
            throw new InvalidValueException(kind.field(), names.size() + " of them", "1 to " + MAX_NAMES);
        }
        names.forEach(name -> ValueType.name().parse(kind.field(), name));
        names = Collections.unmodifiableSortedSet(new TreeSet<>(names));
    }

    /**
     * Reads {@code kind}, {@code strict} (left out: true), and {@code vms} or {@code hosts}.
     *
     * @throws InvalidFieldsException naming each field at fault
     */
    public static PlacementRule parse(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        Optional<Kind> kind = reader.required("kind", ValueType.oneOf(Kind.class));
        Optional<Boolean> strict = reader.optional("strict", ValueType.bool());
        TreeSet<String> names = new TreeSet<>();
        for (Kind any : kind.map(List::of).orElse(List.of(Kind.APART, Kind.ON))) {
            names.addAll(reader.texts(any.field(), ValueType.name()));
        }
        return reader.finish(() -> new PlacementRule(kind.orElseThrow(), strict.orElse(true), names));
    }
}
