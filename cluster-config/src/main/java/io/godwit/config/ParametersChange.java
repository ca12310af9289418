package io.godwit.config;

import java.util.Collections;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * A change of what somebody set: applied as one step, so that two operators who change different parameters at the
 * same time lose neither's.
 *
 * @param replace whether everything that was set before is forgotten
 * @param set parameters with their new values
 * @param unset names of parameters that fall back to what lies beneath
 */
public record ParametersChange(boolean replace, MigrationParameters set, SortedSet<String> unset) {
    /** @throws InvalidFieldsException naming each parameter to unset that is not one */
    public ParametersChange {
        MigrationParameters.checkNames(unset);
        unset = Collections.unmodifiableSortedSet(new TreeSet<>(unset));
    }

    /** These values, and nothing else any longer. */
    public static ParametersChange replacing(MigrationParameters values) {
        return new ParametersChange(true, values, new TreeSet<>());
    }

    /** These values on top of what is set. */
    public static ParametersChange setting(MigrationParameters values) {
        return new ParametersChange(false, values, new TreeSet<>());
    }

    public MigrationParameters applyTo(MigrationParameters before) {
        SortedMap<String, String> values = new TreeMap<>(replace ? MigrationParameters.NONE.values() : before.values());
        values.keySet().removeAll(unset);
        values.putAll(set.values());
        return new MigrationParameters(values);
    }
}
