package io.godwit.actors.migration;

import io.godwit.actors.admission.ProtocolRange;
import io.godwit.actors.host.HostFacts;
import io.godwit.actors.serialization.Wire;
import io.godwit.config.MigrationSettings;
import io.godwit.config.SkippedChecks;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.MachineProfile;
import org.jspecify.annotations.Nullable;

/**
 * What a source tells a target before any page moves, so that nothing is retyped there.
 *
 * @param migrationId a UUID
 * @param vm the ledger's record as the source knows it; its epoch guards every later step
 * @param running whether the VM runs on arrival, or stays paused as it was
 * @param profile what the receiving machine has to match
 * @param settings what the migration goes by at both ends
 * @param skipped what the target does not ask for
 * @param facts the source's CPU model, microcode and kernel
 * @param minProtocol oldest migration protocol the source speaks
 * @param maxProtocol newest one
 * @param secret the source's part of the session secret, null where pages are not sealed
 */
public record Manifest(
        String migrationId,
        VmRecord vm,
        boolean running,
        MachineProfile profile,
        HostFacts facts,
        MigrationSettings settings,
        SkippedChecks skipped,
        int minProtocol,
        int maxProtocol,
        @Nullable SecretPart secret)
        implements Wire {
    /** What the source speaks; only asked of a manifest that was found to make sense. */
    public ProtocolRange protocol() {
        return new ProtocolRange(minProtocol, maxProtocol);
    }
}
