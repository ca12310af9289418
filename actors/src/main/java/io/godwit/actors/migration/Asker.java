package io.godwit.actors.migration;

import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.VmActor;
import java.util.List;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * Who asked for a migration, and is told one thing: that it is under way, or every reason why it cannot be. The target
 * says so within a round trip; one that is silent is not waited for.
 */
final class Asker {
    private final ActorRef<VmActor.Answer> replyTo;
    private boolean told;

    Asker(ActorRef<VmActor.Answer> replyTo) {
        this.replyTo = replyTo;
    }

    void accept(MigrationView view) {
        tell(new VmActor.MigrationAccepted(view));
    }

    void refuse(String vmName, String target, List<String> reasons) {
        tell(new VmActor.Rejected(Problem.refused("VM " + vmName + " cannot be migrated to host " + target, reasons)));
    }

    private void tell(VmActor.Answer answer) {
        if (!told) {
            told = true;
            replyTo.tell(answer);
        }
    }
}
