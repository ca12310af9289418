package io.godwit.config;

import java.util.Optional;

/**
 * Where a VM is to migrate.
 *
 * @param target the host; empty where the cluster is to choose
 * @param preferHost taken where it may be, if the cluster chooses
 * @param skipped what is not asked of the host, whoever chooses it
 */
public record Destination(Optional<String> target, Optional<String> preferHost, SkippedChecks skipped) {
    public static Destination of(String target) {
        return new Destination(Optional.of(target), Optional.empty(), SkippedChecks.NONE);
    }

    /** Reads {@code target, preferHost, skipCpuCheck, skipKernelCheck}. */
    static Destination read(FieldReader reader) {
        return new Destination(
                reader.optionalText("target", ValueType.name()),
                reader.optionalText("preferHost", ValueType.name()),
                SkippedChecks.read(reader));
    }
}
