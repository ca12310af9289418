package io.godwit.config;

import java.util.Optional;

/**
 * Where a VM is to migrate.
 *
 * @param target the host; empty where the cluster is to choose
 * @param preferHost taken where it may be, if the cluster chooses
 * @param skipKernelCheck whether a host with an older kernel will do, if the cluster chooses
 */
public record Destination(Optional<String> target, Optional<String> preferHost, boolean skipKernelCheck) {
    public static Destination of(String target) {
        return new Destination(Optional.of(target), Optional.empty(), false);
    }

    /** Reads {@code target, preferHost, skipKernelCheck}. */
    static Destination read(FieldReader reader) {
        return new Destination(
                reader.optionalText("target", ValueType.name()),
                reader.optionalText("preferHost", ValueType.name()),
                reader.optional("skipKernelCheck", ValueType.bool()).orElse(false));
    }
}
