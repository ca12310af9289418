package io.godwit.actors.testing;

import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerSnapshot;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Supplier;

/** The ledger's real state machine without its replication; can be put out of reach. */
public final class InMemoryLedger implements Ledger {
    private final LedgerState state = new LedgerState();
    private boolean reachable = true;
    private int submitsLeft = Integer.MAX_VALUE;
    private CompletionStage<?> listsFrom = CompletableFuture.completedStage(null);
    private int listsHeld;

    public synchronized void reachable(boolean now) {
        reachable = now;
    }

    /** Only so many more commands find a majority; reading goes on. */
    public synchronized void acceptSubmits(int count) {
        submitsLeft = count;
    }

    @Override
    public synchronized CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
        if (submitsLeft == 0) {
            return CompletableFuture.failedStage(new LedgerUnavailableException("no majority of voters", null));
        }
        if (reachable) {
            try {
                state.checkLevel(command);
            } catch (LedgerFormatException unreadable) {
                return CompletableFuture.failedStage(unreadable);
            }
        }
        submitsLeft--;
        return answer(() -> state.apply(command));
    }

    public synchronized boolean isGuarded(String vmId) {
        return state.isGuarded(vmId);
    }

    public synchronized boolean isConfirmedDead(HostIdentity host) {
        return state.isConfirmedDead(host);
    }

    public synchronized Set<String> keeping() {
        return state.keeping();
    }

    public synchronized LedgerSnapshot.Rebalancer rebalancer() {
        return state.rebalancer();
    }

    public synchronized List<VmRecord> records() {
        return state.list();
    }

    @Override
    public CompletionStage<Optional<VmRecord>> find(String vmId) {
        return answer(() -> state.find(vmId));
    }

    /** Lists of all VMs are made from now on, and given away when that completes. */
    public synchronized void answerListsAfter(CompletionStage<?> later) {
        listsFrom = later;
        listsHeld = 0;
    }

    /** Lists that were asked for since. */
    public synchronized int listsHeld() {
        return listsHeld;
    }

    @Override
    public synchronized CompletionStage<List<VmRecord>> list() {
        listsHeld++;
        CompletionStage<List<VmRecord>> made = answer(state::list);
        return listsFrom.thenCompose(now -> made);
    }

    @Override
    public CompletionStage<MigrationParameters> clusterParameters() {
        return answer(state::clusterParameters);
    }

    @Override
    public CompletionStage<List<HostMaintenance>> maintenance() {
        return answer(state::maintenance);
    }

    private synchronized <T> CompletionStage<T> answer(Supplier<T> question) {
        return reachable
                ? CompletableFuture.completedStage(question.get())
                : CompletableFuture.failedStage(new LedgerUnavailableException("no majority of voters", null));
    }
}
