package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmRecord;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
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

/** {@link LedgerState} as Ratis wants it. One thread applies, several read: all under this object's monitor. */
final class LedgerStateMachine extends BaseStateMachine {
    static final long ENTRIES_PER_SNAPSHOT = 4_096;

    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    private LedgerState state = new LedgerState();

    @Override
    public void initialize(RaftServer server, RaftGroupId groupId, RaftStorage raftStorage) throws IOException {
        super.initialize(server, groupId, raftStorage);
        storage.init(raftStorage);
        load(storage.getLatestSnapshot());
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
            LedgerCodec.decodeCommand(content.toByteArray());
        } catch (LedgerFormatException e) {
            transaction.setException(e);
        }
        return transaction;
    }

    /** An entry that cannot be read stops this voter: to skip it would make it disagree with the others. */
    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LedgerCommand command = LedgerCodec.decodeCommand(
                transaction.getStateMachineLogEntry().getLogData().toByteArray());
        TermIndex entry = TermIndex.valueOf(transaction.getLogEntry());
        LedgerAnswer answer;
        synchronized (this) {
            answer = state.apply(command);
            updateLastAppliedTermIndex(entry);
        }
        return CompletableFuture.completedFuture(message(LedgerCodec.encode(answer)));
    }

    @Override
    public CompletableFuture<Message> query(Message request) {
        String query = request.getContent().toString(StandardCharsets.UTF_8);
        try {
            List<VmRecord> records;
            synchronized (this) {
                records = LedgerQuery.answer(query, state);
            }
            return CompletableFuture.completedFuture(message(LedgerCodec.encode(records)));
        } catch (LedgerFormatException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private static Message message(byte[] bytes) {
        return Message.valueOf(UnsafeByteOperations.unsafeWrap(bytes));
    }
}
