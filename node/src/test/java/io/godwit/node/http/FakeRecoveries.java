package io.godwit.node.http;

import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.recovery.FencingView;
import io.godwit.actors.recovery.Recoveries;
import io.godwit.actors.recovery.RecoveryView;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** One VM waits for its host; what is asked is kept. */
final class FakeRecoveries implements Recoveries {
    final List<String> asked = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<List<RecoveryView>> list() {
        return CompletableFuture.completedStage(List.of(new RecoveryView(
                FakeCluster.VM_ID + "-3",
                FakeCluster.VM_ID,
                "db",
                "alpha",
                "life-1",
                "",
                "waiting",
                "no host takes it",
                1_000,
                2_000)));
    }

    @Override
    public CompletionStage<FencingView> fencing(List<VmRecord> vms, List<String> voters) {
        throw new UnsupportedOperationException("the fake cluster has its own");
    }

    @Override
    public CompletionStage<MigrationView> rescue(String vm, Optional<String> target, boolean autoStart) {
        asked.add("rescue " + vm + " " + target.orElse("anywhere") + " " + autoStart);
        return CompletableFuture.completedStage(FakeCluster.migrationView("setup"));
    }

    @Override
    public CompletionStage<List<HostIdentity>> confirmDead(String hostId) {
        asked.add("confirm-dead " + hostId);
        return CompletableFuture.completedStage(List.of(new HostIdentity(hostId, "life-1")));
    }

    @Override
    public CompletionStage<Void> forget(String hostId) {
        asked.add("forget " + hostId);
        return CompletableFuture.completedStage(null);
    }

    @Override
    public CompletionStage<Boolean> isAutoMigrated(String hostId) {
        return CompletableFuture.completedStage(true);
    }

    @Override
    public CompletionStage<Boolean> setAutoMigrated(String hostId, boolean on) {
        asked.add("auto-migrate " + hostId + " " + on);
        return CompletableFuture.completedStage(on);
    }
}
