package io.godwit.actors.recovery;

import io.godwit.actors.migration.MigrationView;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/**
 * What operators see of recovery and may do about it, on any host. No call blocks; stages fail with
 * {@link io.godwit.actors.vm.ProblemException}.
 */
public interface Recoveries {
    /** Those of the ledger's leader, those under way first. */
    CompletionStage<List<RecoveryView>> list();

    /**
     * What the hosts' files say of fencing; as far as hosts answer.
     *
     * @param vms of the ledger
     * @param voters names of the hosts that keep the ledger
     */
    CompletionStage<FencingView> fencing(List<VmRecord> vms, List<String> voters);

    /**
     * Takes a VM whose host is dead, and whose disks are all shared, to another host now.
     *
     * @param vm its id or name
     * @param target empty for the best host that there is
     * @param autoStart whether one that is off is started there; one that is to run is in any case
     * @return once the VM is the other host's
     */
    CompletionStage<MigrationView> rescue(String vm, Optional<String> target, boolean autoStart);

    /**
     * Says that a host is dead: every life of it that the ledger knows, but one that answers, which is refused.
     *
     * @return the lives that were named
     */
    CompletionStage<List<HostIdentity>> confirmDead(String hostId);

    /**
     * Says that a host is gone for good: dead as by {@link #confirmDead}, and its name free for another. Refused while it
     * answers.
     */
    CompletionStage<Void> forget(String hostId);

    /** Whether a host's VMs are started elsewhere when it is down. */
    CompletionStage<Boolean> isAutoMigrated(String hostId);

    CompletionStage<Boolean> setAutoMigrated(String hostId, boolean on);
}
