package io.godwit.actors.recovery;

import io.godwit.actors.cluster.Scene;
import io.godwit.actors.ledger.LeaderView;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.placement.RoomiestHost.Candidate;
import java.util.List;
import java.util.Map;

/** The hosts that ask the leader for permits, as ones that VMs of silent hosts might be given to. */
final class Heirs {
    private Heirs() {}

    static List<Candidate> of(LeaderView.Leading leading, Scene scene) {
        return leading.lives().stream()
                .map(life -> scene.host(life.hostId())
                        .map(host -> host.candidate(objection(leading, life, host)))
                        .orElseGet(() -> new Candidate(life, "it does not answer", 0, Map.of())))
                .toList();
    }

    /** The ledger refuses what a host under maintenance claims: who reads why a VM waits is to read that. */
    private static String objection(LeaderView.Leading leading, HostIdentity life, Scene.Host host) {
        HostMaintenance.State state = leading.maintenance().getOrDefault(life.hostId(), HostMaintenance.State.ACTIVE);
        if (leading.hosts().get(life) != LeaderView.Contact.HEARD) {
            return "it has no permit now";
        } else if (!host.view().incarnation().equals(life.incarnation())) {
            return "it has just begun anew";
        }
        return state.objection();
    }
}
