package io.godwit.actors.vm;

import io.godwit.actors.serialization.Wire;
import io.godwit.config.VmSpec;
import org.jspecify.annotations.Nullable;

/**
 * A VM as operators see it.
 *
 * @param backend {@code kvm} or {@code simulated}; empty while it has no machine
 * @param migrationId the migration under way, if any
 * @param detail why it is in this state, where that is not plain; else empty
 */
public record VmView(
        String id,
        VmSpec spec,
        String host,
        long epoch,
        VmStatus status,
        String backend,
        @Nullable String migrationId,
        String detail)
        implements Wire {}
