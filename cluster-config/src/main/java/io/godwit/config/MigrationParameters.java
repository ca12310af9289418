package io.godwit.config;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What somebody set about migrations, and nothing else: the cluster's, a VM's and a migration's own are laid over each
 * other, and {@link MigrationSettings} is what comes out.
 *
 * @param values text as an operator would write it, by {@linkplain MigrationParameter#name() parameter}
 */
public record MigrationParameters(SortedMap<String, String> values) {
    /** Nothing set: every parameter is its default. */
    public static final MigrationParameters NONE = new MigrationParameters(new TreeMap<>());

    private static final Set<String> NAMES = MigrationParameter.ALL.stream()
            .map(MigrationParameter::name)
            .collect(Collectors.toCollection(LinkedHashSet::new));

    /** @throws InvalidFieldsException naming each parameter that is unknown or has a value it does not accept */
    public MigrationParameters {
        Map<?, ?> unchecked = values; // from another host the entries may be anything
        List<InvalidValueException> refused = unchecked.entrySet().stream()
                .flatMap(entry -> problem(entry.getKey(), entry.getValue()).stream())
                .toList();
        if (!refused.isEmpty()) {
            throw new InvalidFieldsException(refused);
        }
        values = Collections.unmodifiableSortedMap(new TreeMap<>(values));
    }

    private static List<InvalidValueException> problem(@Nullable Object key, @Nullable Object value) {
        if (!(key instanceof String name) || !(value instanceof String text)) {
            return List.of(new InvalidValueException("parameters", key + "=" + value, "names and values as text"));
        }
        return MigrationParameter.named(name)
                .map(parameter -> refusal(parameter, text))
                .orElseGet(() -> List.of(unknown(name, text)));
    }

    private static InvalidValueException unknown(String name, String text) {
        String suggestion = Nearest.to(name, NAMES)
                .map(near -> " (did you mean \"" + near + "\"?)")
                .orElse("");
        return new InvalidValueException(name, text, "one of the parameters " + String.join(", ", NAMES) + suggestion);
    }

    /** @throws InvalidFieldsException naming each that is no parameter */
    static void checkNames(Collection<String> names) {
        List<InvalidValueException> refused = names.stream()
                .filter(name -> !NAMES.contains(name))
                .map(name -> unknown(name, name))
                .toList();
        if (!refused.isEmpty()) {
            throw new InvalidFieldsException(refused);
        }
    }

    private static List<InvalidValueException> refusal(MigrationParameter<?> parameter, String text) {
        try {
            parameter.type().parse(parameter.name(), text);
            return List.of();
        } catch (InvalidValueException refused) {
            return List.of(refused);
        }
    }

    /** One parameter set. */
    public static MigrationParameters of(MigrationParameter<?> parameter, Object value) {
        return NONE.with(parameter, value);
    }

    /** These, and one more, or another value of it. */
    public MigrationParameters with(MigrationParameter<?> parameter, Object value) {
        SortedMap<String, String> changed = new TreeMap<>(values);
        changed.put(parameter.name(), String.valueOf(value));
        return new MigrationParameters(changed);
    }

    /** The change that setting one parameter is, for whoever has its text. */
    Function<String, MigrationParameters> asChange(MigrationParameter<?> parameter) {
        return text -> with(parameter, text);
    }

    /** These with {@code others} laid over them. */
    public MigrationParameters with(MigrationParameters others) {
        SortedMap<String, String> both = new TreeMap<>(values);
        both.putAll(others.values);
        return new MigrationParameters(both);
    }

    /** What is set, else the parameter's default. */
    public <T> T get(MigrationParameter<T> parameter) {
        return parameter.type().parse(parameter.name(), text(parameter));
    }

    /** The same as an operator would write it. */
    public String text(MigrationParameter<?> parameter) {
        return values.getOrDefault(parameter.name(), parameter.defaultText());
    }

    public boolean isEmpty() {
        return values.isEmpty();
    }

    /**
     * These as a change of a migration that is under way.
     *
     * @throws InvalidFieldsException naming each that only a new migration takes
     */
    public MigrationParameters whileRunning() {
        List<InvalidValueException> refused = MigrationParameter.ALL.stream()
                .filter(parameter -> values.containsKey(parameter.name()) && !parameter.changeable())
                .map(parameter -> new InvalidValueException(
                        parameter.name(),
                        text(parameter),
                        "one that may change while a migration runs: "
                                + MigrationParameter.ALL.stream()
                                        .filter(MigrationParameter::changeable)
                                        .map(MigrationParameter::name)
                                        .collect(Collectors.joining(", "))))
                .toList();
        if (!refused.isEmpty()) {
            throw new InvalidFieldsException(refused);
        }
        return this;
    }

    /** Of these, what a migration that is under way takes. */
    public MigrationParameters changeable() {
        SortedMap<String, String> kept = new TreeMap<>(values);
        MigrationParameter.ALL.stream()
                .filter(parameter -> !parameter.changeable())
                .forEach(parameter -> kept.remove(parameter.name()));
        return new MigrationParameters(kept);
    }
}
