package io.godwit.actors.cluster;

import io.godwit.actors.alarm.Alarms;
import io.godwit.actors.directory.DirectoryActor;
import io.godwit.actors.directory.Ownership;
import io.godwit.actors.host.HostFacts;
import io.godwit.actors.host.HostResources;
import io.godwit.actors.ledger.PermitLine;
import io.godwit.actors.maintenance.MaintenanceBook;
import io.godwit.actors.migration.MigrationBook;
import io.godwit.actors.migration.MigrationServices;
import io.godwit.actors.permit.Guarding;
import io.godwit.actors.permit.RunPermits;
import io.godwit.actors.vault.MachineVault;
import io.godwit.actors.vm.HostedVms;
import io.godwit.vmm.storage.VolumeStore;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What every actor of a node that works on VMs is given.
 *
 * @param hasFence whether a fence is configured here, for when this host's voter leads the ledger
 */
public record NodeServices(
        MachineVault vault,
        VolumeStore volumes,
        Ownership ownership,
        ActorRef<DirectoryActor.Command> directory,
        HostFacts facts,
        HostResources resources,
        MigrationServices migration,
        MigrationBook migrations,
        HostRegistry hosts,
        HostedVms hosted,
        MaintenanceBook maintenance,
        Events events,
        PermitLine permitLine,
        Guarding guarding,
        boolean hasFence,
        Alarms alarms) {
    /** Which machines here may run, and until when. */
    public RunPermits permits() {
        return vault.permits();
    }

    public String hostId() {
        return vault.identity().hostId();
    }
}
