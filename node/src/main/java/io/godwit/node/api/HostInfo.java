package io.godwit.node.api;

import org.jspecify.annotations.Nullable;

/**
 * A host.
 *
 * @param state {@code draining}, {@code maintenance} or {@code restoring} while it is that, else the cluster's word for
 *     its member: {@code up}, {@code unreachable}, {@code leaving} ...
 * @param backend {@code kvm} or {@code simulated}
 * @param guestMemoryBytes most RAM of all guests together, of which {@code usedMemoryBytes} is taken
 * @param kernel release of the host's kernel
 * @param permit null where the host does not answer
 * @param api URL of its gateway
 */
public record HostInfo(
        String name,
        String incarnation,
        String state,
        String backend,
        int cpus,
        String cpuModel,
        String microcode,
        String kernel,
        long guestMemoryBytes,
        long usedMemoryBytes,
        int vms,
        String api,
        String version,
        @Nullable PermitInfo permit) {}
