package io.godwit.actors.cluster;

import io.godwit.actors.host.HostActor;
import io.godwit.actors.permit.RunPermits;
import io.godwit.actors.vm.HostedVms;
import java.util.Optional;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * The VMs that are this host's without a doubt: its run permit, which no other host's can overlap, says what the ledger
 * would. Who asks this node for one of them need not wait for the ledger.
 *
 * @param host this host's actor
 * @param hosted what has an actor here
 */
public record OwnVms(ActorRef<HostActor.Command> host, HostedVms hosted, RunPermits permits) {
    /** The id of a VM given by id or name; empty where the ledger has to be asked. */
    Optional<String> find(String idOrName) {
        return hosted.find(idOrName).map(HostedVms.Hosted::id).filter(permits::isCertainOwner);
    }
}
