package io.godwit.control.simulation;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitGrantor;
import io.godwit.control.permit.PermitGrantor.ClaimVerdict;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.permit.Renewal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A voter of the ledger: Raft as in Ongaro and Ousterhout, "In Search of an Understandable Consensus Algorithm" (2014),
 * figure 2, with reads by read index (Ongaro's dissertation, 6.4). Term, vote and log are on a disk that takes its time;
 * what was not written is gone after a crash.
 */
final class SimulatedVoter {
    private static final long HEARTBEAT_MS = 300;
    private static final int ELECTION_MS = 1_000;
    private static final int RECOVERY_MS = 1_000;

    private record Entry(long term, @Nullable LedgerCommand command) {}

    private record Waiting(long round, int readIndex, Runnable confirmed) {}

    private enum Role {
        FOLLOWER,
        CANDIDATE,
        LEADER
    }

    private final SimulatedNode node;
    private final Cluster cluster;
    private final int id;
    private final ClusterMutant mutant;

    private long diskTerm;
    private int diskVote = -1;
    private List<Entry> diskLog = List.of();
    private long diskFreeAtMs;
    private long writes;
    private long lastWritten;

    private long term;
    private int votedFor = -1;
    private List<Entry> log = new ArrayList<>();
    private Role role = Role.FOLLOWER;
    private int leader = -1;
    private int commit;
    private int applied;
    private LedgerState ledger = new LedgerState();
    private long timer;
    private int votes;
    private int[] next = {};
    private int[] match = {};
    private long[] acknowledged = {};
    private long round;
    private boolean ready;
    private final List<Waiting> waiting = new ArrayList<>();
    private final Map<Integer, Consumer<LedgerAnswer>> clients = new HashMap<>();
    private PermitGrantor grantor = new PermitGrantor(PermitTimes.DEFAULT);
    private LeaderRecovery recovery;

    SimulatedVoter(SimulatedNode node, Cluster cluster, ClusterMutant mutant) {
        this.node = node;
        this.cluster = cluster;
        this.mutant = mutant;
        id = node.index();
        recovery = new LeaderRecovery(cluster, node, grantor);
    }

    boolean leads() {
        return role == Role.LEADER && node.alive();
    }

    boolean ready() {
        return leads() && ready;
    }

    long term() {
        return term;
    }

    LedgerState ledger() {
        return ledger;
    }

    LeaderRecovery recovery() {
        return recovery;
    }

    void boot() {
        term = diskTerm;
        votedFor = diskVote;
        log = new ArrayList<>(diskLog);
        commit = 0;
        applied = 0;
        ledger = cluster.newLedger();
        diskFreeAtMs = 0;
        lastWritten = writes;
        leader = -1;
        grantor = new PermitGrantor(grantorTimes());
        recovery = new LeaderRecovery(cluster, node, grantor);
        follow(term);
    }

    private PermitTimes grantorTimes() {
        return switch (mutant) {
            case WAIT_SKIPPED -> new PermitTimes(1_000, 100, 0, 0);
            case DRIFT_AND_MARGIN_FORGOTTEN -> new PermitTimes(5_000, 1_000, 0, 0);
            default -> PermitTimes.DEFAULT;
        };
    }

    private void persist(Runnable written) {
        long atMs = Math.max(diskFreeAtMs, cluster.nowMs() + cluster.faults().fsyncMs(id));
        diskFreeAtMs = atMs;
        long imageTerm = term;
        int imageVote = votedFor;
        List<Entry> image = List.copyOf(log);
        long write = ++writes;
        node.local(atMs - cluster.nowMs(), () -> {
            if (write > lastWritten) {
                lastWritten = write;
                diskTerm = imageTerm;
                diskVote = imageVote;
                diskLog = image;
            }
            written.run();
        });
    }

    private void follow(long newTerm) {
        if (newTerm > term) {
            term = newTerm;
            votedFor = -1;
        }
        role = Role.FOLLOWER;
        ready = false;
        grantor.leadsNoMore();
        waiting.clear();
        clients.clear();
        awaitElection();
    }

    private void awaitElection() {
        long mine = ++timer;
        node.local(ELECTION_MS + cluster.faults().upTo(ELECTION_MS), () -> {
            if (mine == timer && role != Role.LEADER) {
                campaign();
            }
        });
    }

    private void campaign() {
        role = Role.CANDIDATE;
        term++;
        votedFor = id;
        votes = 0;
        long mine = term;
        awaitElection();
        persist(() -> {
            if (term != mine || role != Role.CANDIDATE) {
                return;
            }
            voted(mine, id);
            int lastIndex = log.size();
            long lastTerm = termAt(lastIndex);
            cluster.otherVoters(id)
                    .forEach(peer -> node.send(peer.id, () -> peer.requestVote(mine, id, lastIndex, lastTerm)));
        });
    }

    private void requestVote(long theirs, int candidate, int lastIndex, long lastTerm) {
        if (theirs > term) {
            follow(theirs);
        }
        long myLast = termAt(log.size());
        boolean fresh = lastTerm > myLast || (lastTerm == myLast && lastIndex >= log.size());
        if (theirs < term || !fresh || (votedFor != -1 && votedFor != candidate)) {
            return;
        }
        votedFor = candidate;
        awaitElection();
        SimulatedVoter peer = cluster.voter(candidate);
        persist(() -> node.send(candidate, () -> peer.voted(theirs, id)));
    }

    private void voted(long ofTerm, int by) {
        if (ofTerm == term && role == Role.CANDIDATE) {
            votes |= 1 << by;
            if (Integer.bitCount(votes) > cluster.voters() / 2) {
                lead();
            }
        }
    }

    private void lead() {
        role = Role.LEADER;
        leader = id;
        int size = cluster.voters();
        next = new int[size];
        Arrays.fill(next, log.size() + 1);
        match = new int[size];
        acknowledged = new long[size];
        round = 0;
        cluster.trace(id, "leads term " + term);
        if (mutant == ClusterMutant.GRANT_BEFORE_OWN_TERM) {
            becomeReady();
        }
        cluster.faults().directed().elected();
        append(null);
        beginRound(term);
        recoverLater(term);
    }

    private void becomeReady() {
        if (!ready) {
            ready = true;
            long since = mutant == ClusterMutant.NEW_LEADER_DOES_NOT_WAIT ? PermitTimes.DEFAULT.waitMs() : 0;
            grantor.leads(term, node.clockMs() - since);
        }
    }

    private int append(@Nullable LedgerCommand command) {
        log.add(new Entry(term, command));
        int index = log.size();
        long mine = term;
        persist(() -> {
            if (role == Role.LEADER && term == mine) {
                match[id] = Math.max(match[id], index);
                advance();
            }
        });
        replicate();
        return index;
    }

    private void beginRound(long ofTerm) {
        if (role != Role.LEADER || term != ofTerm) {
            return;
        }
        round++;
        replicate();
        sendHeartbeats();
        confirm();
        node.local(HEARTBEAT_MS, () -> beginRound(ofTerm));
    }

    private void replicate() {
        for (SimulatedVoter peer : cluster.otherVoters(id)) {
            int from = next[peer.id];
            List<Entry> entries = List.copyOf(log.subList(from - 1, log.size()));
            long mine = term;
            long previous = termAt(from - 1);
            int committed = commit;
            long inRound = round;
            node.send(peer.id, () -> peer.appendEntries(mine, id, from - 1, previous, entries, committed, inRound));
        }
    }

    /** To whom has not acknowledged all entries: Raft lets an empty heartbeat pass by those that a disk is slow to write. */
    private void sendHeartbeats() {
        long mine = term;
        long inRound = round;
        for (SimulatedVoter peer : cluster.otherVoters(id)) {
            if (match[peer.id] < log.size()) {
                node.send(peer.id, () -> peer.heartbeat(mine, id, inRound));
            }
        }
    }

    private void heartbeat(long theirs, int from, long inRound) {
        if (!heeds(theirs, from)) {
            return;
        }
        SimulatedVoter peer = cluster.voter(from);
        Runnable answer = () -> node.send(from, () -> peer.acknowledged(theirs, id, inRound));
        if (diskTerm < theirs) {
            persist(answer);
        } else {
            answer.run();
        }
    }

    private void acknowledged(long ofTerm, int peer, long inRound) {
        if (role == Role.LEADER && ofTerm == term) {
            acknowledged[peer] = Math.max(acknowledged[peer], inRound);
            confirm();
        }
    }

    /** Whether that leader's word counts here: not if its term is over. */
    private boolean heeds(long theirs, int from) {
        if (theirs < term) {
            long mine = term;
            SimulatedVoter peer = cluster.voter(from);
            node.send(from, () -> peer.refused(mine, 0));
            return false;
        }
        if (theirs > term || role != Role.FOLLOWER) {
            follow(theirs);
        } else {
            awaitElection();
        }
        leader = from;
        return true;
    }

    private void appendEntries(
            long theirs, int from, int previous, long previousTerm, List<Entry> entries, int committed, long inRound) {
        boolean newTerm = theirs > term;
        if (!heeds(theirs, from)) {
            return;
        }
        SimulatedVoter peer = cluster.voter(from);
        if (log.size() < previous || termAt(previous) != previousTerm) {
            int mine = Math.min(log.size(), previous - 1);
            node.send(from, () -> peer.refused(theirs, mine));
            return;
        }
        boolean changed = newTerm | merge(previous, entries);
        int matched = previous + entries.size();
        commit = Math.max(commit, Math.min(committed, matched));
        apply();
        Runnable answer = () -> node.send(from, () -> peer.accepted(theirs, id, matched, inRound));
        if (changed || lastWritten < writes) {
            persist(answer);
        } else {
            answer.run();
        }
    }

    private boolean merge(int previous, List<Entry> entries) {
        boolean changed = false;
        for (int i = 0; i < entries.size(); i++) {
            int index = previous + 1 + i;
            if (index <= log.size() && termAt(index) != entries.get(i).term()) {
                log.subList(index - 1, log.size()).clear();
            }
            if (index > log.size()) {
                log.add(entries.get(i));
                changed = true;
            }
        }
        return changed;
    }

    private void accepted(long ofTerm, int peer, int matched, long inRound) {
        if (role != Role.LEADER || ofTerm != term) {
            return;
        }
        match[peer] = Math.max(match[peer], matched);
        next[peer] = Math.max(next[peer], matched + 1);
        advance();
        acknowledged(ofTerm, peer, inRound);
    }

    private void refused(long theirs, int hint) {
        if (theirs > term) {
            follow(theirs);
        } else if (role == Role.LEADER && theirs == term) {
            for (int i = 0; i < next.length; i++) {
                next[i] = Math.min(next[i], Math.max(match[i], hint) + 1);
            }
        }
    }

    private void advance() {
        int[] sorted = match.clone();
        Arrays.sort(sorted);
        int majority = sorted[(sorted.length - 1) / 2];
        if (majority > commit && termAt(majority) == term) {
            commit = majority;
            apply();
            confirm();
        }
    }

    private void apply() {
        while (applied < commit) {
            Entry entry = log.get(applied++);
            LedgerCommand command = entry.command();
            if (command != null) {
                LedgerAnswer answer = ledger.apply(
                        mutant == ClusterMutant.REQUEST_ID_IGNORED
                                ? Renaming.renamed(command, "request-" + applied)
                                : command);
                cluster.applied(applied, command, answer);
                if (command instanceof LedgerCommand.Claim claim) {
                    grantor.settled(claim);
                }
                Consumer<LedgerAnswer> client = clients.remove(applied);
                if (client != null) {
                    client.accept(answer);
                }
                if (role == Role.LEADER && command instanceof LedgerCommand.Claim) {
                    cluster.faults().directed().committed(id);
                }
            }
            if (role == Role.LEADER && entry.term() == term) {
                becomeReady();
            }
        }
    }

    /** What waits for rounds that a majority has acknowledged. */
    private void confirm() {
        acknowledged[id] = round;
        long[] sorted = acknowledged.clone();
        Arrays.sort(sorted);
        long confirmed = sorted[(sorted.length - 1) / 2];
        for (Waiting one : List.copyOf(waiting)) {
            if (one.round() <= confirmed && one.readIndex() <= applied && waiting.remove(one)) {
                one.confirmed().run();
            }
        }
    }

    private long termAt(int index) {
        return index <= 0 || index > log.size() ? 0 : log.get(index - 1).term();
    }

    void renew(Renewal renewal, Consumer<Grant> reply, Runnable notLeader) {
        if (role != Role.LEADER) {
            notLeader.run();
            return;
        }
        recovery.heard(renewal.host());
        Optional<PermitGrantor.Receipt> receipt = grantor.received(renewal);
        if (receipt.isEmpty()) {
            return;
        }
        Runnable release =
                () -> grantor.confirmed(receipt.get(), node.clockMs()).ifPresent(reply);
        if (mutant == ClusterMutant.GRANT_WITHOUT_QUORUM) {
            release.run();
        } else {
            boolean before = mutant == ClusterMutant.ROUND_BEGUN_BEFORE_THE_RECEIPT;
            waiting.add(new Waiting(before ? round : round + 1, 0, release));
            confirm();
        }
    }

    void find(String vmId, Consumer<Optional<VmRecord>> reply, Runnable notLeader) {
        if (mutant == ClusterMutant.RESUME_FROM_A_REPLICA) {
            reply.accept(ledger.find(vmId));
        } else {
            read(() -> reply.accept(ledger.find(vmId)), notLeader);
        }
    }

    void list(Consumer<List<VmRecord>> reply, Runnable notLeader) {
        read(() -> reply.accept(ledger.list()), notLeader);
    }

    private void read(Runnable answer, Runnable notLeader) {
        if (role != Role.LEADER || !ready) {
            notLeader.run();
        } else {
            waiting.add(new Waiting(round + 1, commit, answer));
        }
    }

    void submit(LedgerCommand command, Consumer<LedgerAnswer> reply, Consumer<String> refused, Runnable notLeader) {
        if (role != Role.LEADER || !ready) {
            notLeader.run();
            return;
        }
        if (command instanceof LedgerCommand.Claim claim) {
            VmRecord vm = ledger.find(claim.vmId()).orElse(null);
            ClaimVerdict verdict = grantor.beforeAppend(claim, mutated(vm), node.clockMs());
            if (verdict instanceof ClaimVerdict.Refused no) {
                refused.accept(no.reason());
                return;
            }
            if (mutant == ClusterMutant.PENDING_CLAIM_NOT_SEEN) {
                grantor.settled(claim);
            }
            cluster.faults().directed().claimed();
        }
        clients.put(append(command), reply);
    }

    private @Nullable VmRecord mutated(@Nullable VmRecord vm) {
        return mutant == ClusterMutant.TARGETS_PERMIT_IGNORED && vm != null ? Renaming.targetForgotten(vm) : vm;
    }

    private void recoverLater(long ofTerm) {
        node.local(RECOVERY_MS, () -> {
            if (role == Role.LEADER && term == ofTerm) {
                if (ready) {
                    recovery.step(ledger);
                }
                recoverLater(ofTerm);
            }
        });
    }

    /** The leader that this voter knows of, itself included; -1 for none. */
    int knownLeader() {
        return leader;
    }

    /** Whether the host may be granted a permit, for all this leader knows. */
    boolean hears(HostIdentity host) {
        return grantor.isHeard(host, node.clockMs());
    }
}
