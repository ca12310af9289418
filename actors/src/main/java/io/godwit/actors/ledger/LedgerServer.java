package io.godwit.actors.ledger;

import io.godwit.actors.alarm.AlarmWatch;
import io.godwit.config.InvalidValueException;
import io.godwit.control.ledger.LedgerLevel;
import io.godwit.control.permit.PermitTimes;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.RaftLog;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.statemachine.SnapshotInfo;
import org.apache.ratis.util.FileUtils;
import org.jspecify.annotations.Nullable;

/**
 * One voter. What it answered is on a majority's disks; its directory must survive the host's restart, for a voter that
 * comes back without it has forgotten its votes.
 */
public final class LedgerServer implements LeaderView, AutoCloseable {
    /** A round that takes longer is not worth waiting for: its renewals are asked for again. */
    private static final int ROUNDS_PER_PERMIT = 10;

    /**
     * This voter as operators see it.
     *
     * @param role {@code leader}, {@code follower}, {@code candidate}, or {@code stopped} after a failure of its own
     * @param leaderId the leader it knows of
     * @param appliedIndex the last log entry in its state, -1 for none
     * @param committedIndex the last one that it knows to be on a majority's disks
     */
    public record RoleInfo(
            String id, String role, Optional<String> leaderId, long term, long appliedIndex, long committedIndex) {}

    private final RaftServer server;
    private final RaftServer.Division division;
    private final LedgerStateMachine machine;
    private final VoterPermits permits;
    private final VoterLines lines;

    private LedgerServer(
            RaftServer server,
            RaftServer.Division division,
            LedgerStateMachine machine,
            VoterPermits permits,
            VoterLines lines) {
        this.server = server;
        this.division = division;
        this.machine = machine;
        this.permits = permits;
        this.lines = lines;
    }

    /** Of a voter that the settings name; what it learns of other voters is forgotten with it. */
    public static LedgerServer start(LedgerSettings settings, PermitTimes times, LongSupplier clockMs)
            throws IOException {
        return start(settings, times, clockMs, LedgerLevel.SPOKEN);
    }

    /** @param spoken the highest level that the build speaks: this one's but in tests */
    static LedgerServer start(LedgerSettings settings, PermitTimes times, LongSupplier clockMs, int spoken)
            throws IOException {
        LedgerSettings.Voter self = settings.self()
                .orElseThrow(() -> new InvalidValueException(
                        "ledger.selfId", String.valueOf(settings.selfId()), "the id of a voter"));
        return start(settings, VoterBook.inMemory(settings), self, times, clockMs, spoken);
    }

    /**
     * Opens or creates the voter's storage and serves. Reads disks and binds a port: not for an actor's thread.
     *
     * <p>The voters of the configuration file are a new ledger's. Where there is one already, a voter without storage knows
     * of none and takes no part in elections until the leader has sent it the log.
     *
     * @param book is told of each committed set of voters
     * @param self where this host's voter listens; it need not be one yet
     * @param clockMs this host's {@code CLOCK_BOOTTIME}, in ms
     * @param spoken the highest level that the build speaks
     * @throws IOException for a directory that cannot be used or is damaged, or has a snapshot above that level, or a port
     *     that is taken
     */
    static LedgerServer start(
            LedgerSettings settings,
            VoterBook book,
            LedgerSettings.Voter self,
            PermitTimes times,
            LongSupplier clockMs,
            int spoken)
            throws IOException {
        VoterSet known = book.current();
        Generation generation = known.generation();
        Files.createDirectories(settings.storageDir(generation));
        long roundMs = times.permitMs() / ROUNDS_PER_PERMIT;
        VoterLines lines = new VoterLines((of, voter) -> new VoterLine(settings, of, voter, roundMs, book::stranger));
        AtomicReference<RaftServer.@Nullable Division> started = new AtomicReference<>();
        Supplier<RaftServer.Division> division = () -> Objects.requireNonNull(started.get(), "this voter is starting");
        VoterPermits permits = new VoterPermits(
                times,
                clockMs,
                new TermRounds(
                        new RaftElectorate(
                                generation, self.id(), () -> division.get().getRaftConf(), lines),
                        roundMs),
                lines::heardOf);
        LedgerStateMachine machine = new LedgerStateMachine(
                spoken,
                generation,
                permits,
                new VoterJoins(permits, clockMs, term -> isFirst(division.get(), term)),
                voters -> {
                    lines.retain(voters);
                    CompletableFuture<Void> unused = book.learn(voters);
                },
                question -> standing(question, division, book));
        RaftServer server = server(settings, known, self, machine);
        started.set(server.getDivision(settings.groupId(generation)));
        permits.serve(standing(division.get().getInfo()));
        return new LedgerServer(server, division.get(), machine, permits, lines);
    }

    private static Optional<VoterMessage> standing(
            VoterMessage question, Supplier<RaftServer.Division> division, VoterBook book) {
        if (question instanceof VoterMessage.AskStatus) {
            return Optional.of(new VoterMessage.Status(roleInfo(division.get()), book.current()));
        } else if (question instanceof VoterMessage.AskCopy) {
            return Optional.of(new VoterMessage.Copy(copy(division.get())));
        }
        return Optional.empty();
    }

    /** A log whose entries all went into a snapshot ends where that does. */
    private static VoterCopy copy(RaftServer.Division division) {
        TermIndex last = division.getRaftLog().getLastEntryTermIndex();
        if (last == null) {
            SnapshotInfo snapshot = division.getStateMachine().getLatestSnapshot();
            last = snapshot == null ? null : snapshot.getTermIndex();
        }
        return last == null ? VoterCopy.NONE : new VoterCopy(last.getTerm(), last.getIndex());
    }

    private static RaftServer server(
            LedgerSettings settings, VoterSet voters, LedgerSettings.Voter self, LedgerStateMachine machine)
            throws IOException {
        Generation generation = voters.generation();
        boolean founds = voters.index() == VoterSet.BOOTSTRAP && voters.voters().contains(self);
        RaftProperties properties = RaftTuning.server(settings, generation, self);
        RaftServer server = RaftServer.newBuilder()
                .setServerId(self.peerId())
                .setGroup(settings.group(generation, founds ? voters.voters() : List.of()))
                .setStateMachine(machine)
                .setProperties(properties)
                .setParameters(RaftTls.parameters(settings.tls()))
                .setOption(startup(settings, generation))
                .build();
        try {
            server.start();
            return server;
        } catch (RuntimeException e) {
            server.close();
            // Ratis says of a snapshot that was not loaded only that it was not.
            throw new IOException(
                    machine.outgrown()
                            .orElse("ledger voter " + self.id() + " cannot serve at " + self.host() + ":"
                                    + self.port()),
                    e);
        } catch (IOException e) {
            server.close();
            throw e;
        }
    }

    /** A log that begins later than with its first entry began with an earlier term. */
    private static boolean isFirst(RaftServer.Division division, long term) {
        TermIndex oldest = division.getRaftLog().getTermIndex(RaftLog.LEAST_VALID_LOG_INDEX);
        return oldest != null && oldest.getTerm() == term;
    }

    private static VoterPermits.Standing standing(DivisionInfo info) {
        return new VoterPermits.Standing() {
            @Override
            public long term() {
                return info.getCurrentTerm();
            }

            @Override
            public boolean leads() {
                return info.isAlive() && info.isLeader();
            }

            @Override
            public boolean isReady() {
                return info.isLeaderReady();
            }

            @Override
            public Optional<String> leaderId() {
                return Optional.ofNullable(info.getLeaderId()).map(RaftPeerId::toString);
            }
        };
    }

    /** New storage is formatted once; storage that was, or holds anything, is only ever recovered. */
    private static RaftStorage.StartupOption startup(LedgerSettings settings, Generation generation)
            throws IOException {
        File group = RaftTuning.groupDir(settings, generation);
        Path current = group.toPath().resolve("current");
        if (!Files.exists(current.resolve("raft-meta")) && group.exists()) {
            if (holdsFiles(current)) {
                throw new IOException("ledger storage " + group
                        + " has a log but no raft-meta: it is damaged; restore it," + " or replace this voter");
            }
            // The first start died while it formatted: nothing was voted or logged yet.
            FileUtils.deleteFully(group);
        }
        return group.exists() ? RaftStorage.StartupOption.RECOVER : RaftStorage.StartupOption.FORMAT;
    }

    private static boolean holdsFiles(Path current) throws IOException {
        if (!Files.isDirectory(current)) {
            return false;
        }
        try (Stream<Path> files = Files.list(current)) {
            return files.anyMatch(file -> file.getFileName().toString().startsWith("log_"));
        }
    }

    public RoleInfo roleInfo() {
        return roleInfo(division);
    }

    private static RoleInfo roleInfo(RaftServer.Division division) {
        DivisionInfo info = division.getInfo();
        RaftPeerId leader = info.getLeaderId();
        return new RoleInfo(
                division.getId().toString(),
                info.isAlive() ? info.getCurrentRole().name().toLowerCase(Locale.ROOT) : "stopped",
                leader == null ? Optional.empty() : Optional.of(leader.toString()),
                info.getCurrentTerm(),
                info.getLastAppliedIndex(),
                division.getRaftLog().getLastCommittedIndex());
    }

    /** Why it cannot serve the ledger as it has become; empty while it can. */
    Optional<String> outgrown() {
        return machine.outgrown();
    }

    /** Whether it serves: Ratis stops a voter that failed, or that is none any more. */
    boolean isAlive() {
        return division.getInfo().isAlive();
    }

    /** How far this voter's log is, and how far it is on its disk. Does not block. */
    AlarmWatch.LogPosition logPosition() {
        RaftLog log = division.getRaftLog();
        TermIndex last = log.getLastEntryTermIndex();
        return new AlarmWatch.LogPosition(last == null ? -1 : last.getIndex(), log.getFlushIndex());
    }

    @Override
    public Optional<Leading> leading() {
        return permits.ledTerm().map(machine::leading);
    }

    /** Stops serving and syncs what it holds; after the clients of this JVM. */
    @Override
    public void close() throws IOException {
        permits.close();
        lines.close();
        server.close();
    }
}
