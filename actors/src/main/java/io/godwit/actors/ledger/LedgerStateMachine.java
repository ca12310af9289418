package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerState;
import java.io.File;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.StateMachineStorage;
import org.apache.ratis.statemachine.TransactionContext;
import org.apache.ratis.statemachine.impl.BaseStateMachine;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.thirdparty.com.google.protobuf.ByteString;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;
import org.apache.ratis.util.LifeCycle;
import org.jspecify.annotations.Nullable;

/** {@link LedgerState} as Ratis wants it. One thread applies, another takes snapshots: both under this monitor. */
final class LedgerStateMachine extends BaseStateMachine {
    static final long ENTRIES_PER_SNAPSHOT = 4_096;

    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    private LedgerState state = new LedgerState();

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage raftStorage) throws IOException {
        super.initialize(server, groupId, raftStorage);
        getLifeCycle().startAndTransition(() -> {
            storage.init(raftStorage);
            load(storage.getLatestSnapshot());
        });
    }

    /** After a snapshot of the leader's was installed. */
    @Override
    public void reinitialize() throws IOException {
        load(storage.loadLatestSnapshot());
        if (getLifeCycleState() == LifeCycle.State.PAUSED) {
            getLifeCycle().transition(LifeCycle.State.STARTING);
            getLifeCycle().transition(LifeCycle.State.RUNNING);
        }
    }

    @Override
    public void pause() {
        if (getLifeCycleState() == LifeCycle.State.RUNNING) {
            getLifeCycle().transition(LifeCycle.State.PAUSING);
            getLifeCycle().transition(LifeCycle.State.PAUSED);
        }
    }

    @Override
    public StateMachineStorage getStateMachineStorage() {
        return storage;
    }

    private synchronized void load(@Nullable SingleFileSnapshotInfo snapshot) throws IOException {
        if (snapshot != null) {
            state = LedgerState.restore(SnapshotFile.read(snapshot));
            setLastAppliedTermIndex(snapshot.getTermIndex());
        }
    }

    @Override
    public long takeSnapshot() throws IOException {
        TermIndex applied;
        byte[] encoded;
        synchronized (this) {
            applied = getLastAppliedTermIndex();
            encoded = LedgerCodec.encode(state.snapshot());
        }
        if (applied.getIndex() < 0) {
            return applied.getIndex();
        }
        File file = storage.getSnapshotFile(applied.getTerm(), applied.getIndex());
        storage.updateLatestSnapshot(SnapshotFile.write(file, encoded, applied));
        return applied.getIndex();
    }

    /** On the leader, before the log: what no voter could apply stays out of it. */
    @Override
    public TransactionContext startTransaction(RaftClientRequest request) throws IOException {
        ByteString content = request.getMessage().getContent();
        TransactionContext transaction = TransactionContext.newBuilder()
                .setStateMachine(this)
                .setClientRequest(request)
                .setLogData(content)
                .build();
        try {
            LedgerEntry.decode(content.toByteArray());
        } catch (LedgerFormatException e) {
            transaction.setException(e);
        }
        return transaction;
    }

    /** An entry that cannot be read stops this voter: to skip it would make it disagree with the others. */
    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LedgerEntry entry = LedgerEntry.decode(
                transaction.getStateMachineLogEntry().getLogData().toByteArray());
        boolean asked = transaction.getClientRequest() != null;
        byte[] answer;
        synchronized (this) {
            answer = entry.apply(state, asked);
            updateLastAppliedTermIndex(TermIndex.valueOf(transaction.getLogEntry()));
        }
        return CompletableFuture.completedFuture(Message.valueOf(UnsafeByteOperations.unsafeWrap(answer)));
    }
}
