package io.godwit.actors.migration;

import io.godwit.actors.host.HostFacts;
import io.godwit.actors.serialization.Wire;
import io.godwit.config.MigrationSettings;
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
        int minProtocol,
        int maxProtocol,
        @Nullable SecretPart secret)
        implements Wire {
    /** The protocol this build speaks: actor messages, page frames and component states together. */
    public static final int PROTOCOL = 1;
}
