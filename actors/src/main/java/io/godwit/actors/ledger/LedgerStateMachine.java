package io.godwit.actors.ledger;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerLevelException;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import java.io.File;
import java.io.IOException;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.ratis.proto.RaftProtos.RaftConfigurationProto;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientRequest;
import org.apache.ratis.protocol.RaftGroupId;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.protocol.exceptions.StateMachineException;
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
import org.apache.ratis.util.ProtoUtils;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@link LedgerState} as Ratis wants it. One thread applies, another takes snapshots: both under this monitor. */
final class LedgerStateMachine extends BaseStateMachine {
    static final long ENTRIES_PER_SNAPSHOT = 4_096;

    private static final Logger LOG = LoggerFactory.getLogger(LedgerStateMachine.class);

    private final SimpleStateMachineStorage storage = new SimpleStateMachineStorage();
    private final Generation generation;
    private final VoterPermits permits;
    private final VoterJoins joins;
    private final Consumer<VoterSet> voters;
    private final Function<VoterMessage, Optional<VoterMessage>> standing;
    private final int spoken;
    private LedgerState state;
    /** Why this voter stopped, where that is because it cannot read what is in the ledger; else null. */
    private volatile @Nullable String outgrown;

    /**
     * @param spoken the highest level that the build speaks, see {@link io.godwit.control.ledger.LedgerLevel}
     * @param voters is told of each committed set of voters
     * @param standing answers whoever asks how this voter stands; empty for another question
     */
    LedgerStateMachine(
            int spoken,
            Generation generation,
            VoterPermits permits,
            VoterJoins joins,
            Consumer<VoterSet> voters,
            Function<VoterMessage, Optional<VoterMessage>> standing) {
        this.spoken = spoken;
        this.state = new LedgerState(spoken);
        this.generation = generation;
        this.permits = permits;
        this.joins = joins;
        this.voters = voters;
        this.standing = standing;
    }

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
            try {
                state = LedgerState.restore(SnapshotFile.read(snapshot), spoken);
            } catch (LedgerLevelException above) {
                outgrown(above);
                throw new IOException(above.getMessage(), above);
            }
            setLastAppliedTermIndex(snapshot.getTermIndex());
        }
    }

    /** Why this voter cannot serve the ledger as it has become; empty while it can. */
    Optional<String> outgrown() {
        return Optional.ofNullable(outgrown);
    }

    private void outgrown(LedgerFormatException why) {
        outgrown = why.getMessage();
        LOG.error("this host's voter stops, and applies no more: {}", why.getMessage());
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
            LedgerCommand command = LedgerCodec.decodeCommand(content.toByteArray());
            checkLevel(command);
            transaction.setStateMachineContext(command);
        } catch (LedgerFormatException e) {
            transaction.setException(e);
        }
        return transaction;
    }

    private synchronized void checkLevel(LedgerCommand command) {
        state.checkLevel(command);
    }

    /** On the leader, under the lock of its log. A refusal that made it step down would end the term with each early claim. */
    @Override
    public TransactionContext preAppendTransaction(TransactionContext transaction) throws StateMachineException {
        if (transaction.getStateMachineContext() instanceof LedgerCommand.Claim claim) {
            try {
                permits.beforeAppend(claim, find(claim.vmId()));
            } catch (EarlyClaimException early) {
                throw new StateMachineException(early.getMessage(), early, false);
            }
        }
        return transaction;
    }

    private synchronized @Nullable VmRecord find(String vmId) {
        return state.find(vmId).orElse(null);
    }

    /**
     * An entry that cannot be read, or is of a level that this build does not speak, stops this voter: to skip it would
     * make it disagree with the others. Ratis (3.3.0) closes a voter whose state machine throws, and applies nothing after.
     */
    @Override
    public CompletableFuture<Message> applyTransaction(TransactionContext transaction) {
        LedgerCommand command;
        LedgerAnswer answer;
        try {
            command = LedgerCodec.decodeCommand(
                    transaction.getStateMachineLogEntry().getLogData().toByteArray());
            synchronized (this) {
                answer = state.apply(command);
                updateLastAppliedTermIndex(TermIndex.valueOf(transaction.getLogEntry()));
            }
        } catch (LedgerFormatException unreadable) {
            outgrown(unreadable);
            throw unreadable;
        }
        if (command instanceof LedgerCommand.Claim claim) {
            permits.settled(claim);
        }
        // Only the voter that was asked has a client that waits.
        boolean asked = transaction.getClientRequest() != null;
        return CompletableFuture.completedFuture(asked ? message(LedgerCodec.encode(answer)) : Message.EMPTY);
    }

    /** Questions beside the log, which this voter answers whatever its role. */
    @Override
    public CompletableFuture<Message> queryStale(Message request, long minIndex) {
        try {
            VoterMessage question = VoterMessage.decode(request.getContent().toByteArray());
            return answer(question).thenApply(given -> message(given.encode()));
        } catch (LedgerFormatException e) {
            return CompletableFuture.failedFuture(e);
        }
    }

    private CompletableFuture<VoterMessage> answer(VoterMessage question) {
        if (question instanceof VoterMessage.Read asked) {
            return read(asked.read());
        } else if (question instanceof VoterMessage.AskName ask) {
            return CompletableFuture.completedFuture(new VoterMessage.Name(knows(ask.hostId())));
        } else if (question instanceof VoterMessage.AskLevel) {
            return CompletableFuture.completedFuture(new VoterMessage.Level(spoken, level()));
        } else if (question instanceof VoterMessage.AskJoin ask) {
            return joins.answer(ask.question());
        }
        return CompletableFuture.supplyAsync(() -> standing.apply(question), Runnable::run)
                .thenCompose(
                        said -> said.map(CompletableFuture::completedFuture).orElseGet(() -> permits.answer(question)));
    }

    /** By what this voter has applied: a host that was named long ago is known to it, whoever leads. */
    private synchronized boolean knows(String hostId) {
        return state.isNamed(hostId);
    }

    private synchronized int level() {
        return state.level();
    }

    private CompletableFuture<VoterMessage> read(LedgerRead read) {
        return permits.refusal()
                .thenApply(refusal -> refusal.orElseGet(() -> new VoterMessage.Answer(answerFromState(read))));
    }

    private byte[] answerFromState(LedgerRead read) {
        byte[] answer;
        TermIndex applied;
        synchronized (this) {
            answer = read.answer(state);
            applied = getLastAppliedTermIndex();
        }
        return read instanceof LedgerRead.Backup
                ? LedgerBackup.encode(applied.getTerm(), applied.getIndex(), answer)
                : answer;
    }

    /** Of a committed entry. One with two sets, between one and the other, is followed by that with the new one alone. */
    @Override
    public void notifyConfigurationChanged(long term, long index, RaftConfigurationProto configuration) {
        if (configuration.getOldPeersCount() == 0 && configuration.getPeersCount() > 0) {
            voters.accept(new VoterSet(
                    generation,
                    index,
                    configuration.getPeersList().stream()
                            .map(ProtoUtils::toRaftPeer)
                            .map(LedgerSettings.Voter::of)
                            .sorted(Comparator.comparing(LedgerSettings.Voter::id))
                            .toList()));
        }
    }

    private static Message message(byte[] bytes) {
        return Message.valueOf(UnsafeByteOperations.unsafeWrap(bytes));
    }

    @Override
    public void notifyLeaderReady() {
        permits.look();
    }

    @Override
    public void notifyNotLeader(Collection<TransactionContext> pendingEntries) {
        permits.look();
    }

    @Override
    public void notifyLeaderChanged(RaftGroupMemberId groupMemberId, RaftPeerId newLeaderId) {
        permits.look();
    }

    /** @param term in which this voter led when that was looked up */
    synchronized LeaderView.Leading leading(long term) {
        List<VmRecord> vms = state.list();
        List<HostIdentity> lives = permits.lives();
        Set<HostIdentity> hosts = new HashSet<>(lives);
        for (VmRecord vm : vms) {
            hosts.add(vm.owner());
            PreparedMigration prepared = vm.prepared();
            if (prepared != null) {
                hosts.add(prepared.source());
                hosts.add(prepared.target());
            }
        }
        return new LeaderView.Leading(
                term,
                vms,
                vms.stream().map(VmRecord::id).filter(state::isGuarded).collect(Collectors.toSet()),
                hosts.stream().filter(state::isConfirmedDead).collect(Collectors.toSet()),
                state.keeping(),
                state.maintenance().stream().collect(Collectors.toMap(HostMaintenance::hostId, HostMaintenance::state)),
                state.rebalancer(),
                hosts.stream().collect(Collectors.toMap(host -> host, permits::contact)),
                lives);
    }
}
