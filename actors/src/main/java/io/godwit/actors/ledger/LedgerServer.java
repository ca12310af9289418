package io.godwit.actors.ledger;

import io.godwit.config.InvalidValueException;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.permit.PermitTimes;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftPeerId;
import org.apache.ratis.server.DivisionInfo;
import org.apache.ratis.server.RaftServer;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.util.FileUtils;

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
     */
    public record RoleInfo(String id, String role, Optional<String> leaderId, long term, long appliedIndex) {}

    private final LedgerSettings settings;
    private final RaftServer server;
    private final LedgerStateMachine machine;
    private final VoterPermits permits;
    private final List<VoterLine> lines;

    private LedgerServer(
            LedgerSettings settings,
            RaftServer server,
            LedgerStateMachine machine,
            VoterPermits permits,
            List<VoterLine> lines) {
        this.settings = settings;
        this.server = server;
        this.machine = machine;
        this.permits = permits;
        this.lines = lines;
    }

    /**
     * Opens or creates the voter's storage and serves. Reads disks and binds a port: not for an actor's thread.
     *
     * @param clockMs this host's {@code CLOCK_BOOTTIME}, in ms
     * @throws IOException for a directory that cannot be used or is damaged, or a port that is taken
     */
    public static LedgerServer start(LedgerSettings settings, PermitTimes times, LongSupplier clockMs)
            throws IOException {
        LedgerSettings.Voter self = settings.self()
                .orElseThrow(() -> new InvalidValueException(
                        "ledger.selfId", String.valueOf(settings.selfId()), "the id of a voter"));
        RatisInJvm.prepare();
        Files.createDirectories(settings.storageDir());
        long roundMs = times.permitMs() / ROUNDS_PER_PERMIT;
        List<VoterLine> lines = settings.voters().stream()
                .filter(voter -> !voter.equals(self))
                .map(voter -> new VoterLine(settings, voter, roundMs))
                .toList();
        VoterPermits permits = new VoterPermits(
                times,
                clockMs,
                new TermRounds(lines.stream().map(LedgerServer::term).toList(), roundMs));
        LedgerStateMachine machine = new LedgerStateMachine(permits);
        RaftServer server = RaftServer.newBuilder()
                .setServerId(self.peerId())
                .setGroup(settings.group())
                .setStateMachine(machine)
                .setProperties(RaftTuning.server(settings, self))
                .setParameters(RaftTls.parameters(settings.tls()))
                .setOption(startup(settings))
                .build();
        try {
            server.start();
        } catch (RuntimeException e) {
            server.close();
            throw new IOException(
                    "ledger voter " + self.id() + " cannot serve at " + self.host() + ":" + self.port(), e);
        } catch (IOException e) {
            server.close();
            throw e;
        }
        permits.serve(standing(server.getDivision(settings.groupId()).getInfo()));
        return new LedgerServer(settings, server, machine, permits, lines);
    }

    private static Supplier<CompletableFuture<Long>> term(VoterLine line) {
        return () -> line.ask(new VoterMessage.AskTerm()).thenApply(answer -> {
            if (answer instanceof VoterMessage.Term term) {
                return term.term();
            }
            throw new LedgerFormatException("a voter answered " + answer + "; expected its term");
        });
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
    private static RaftStorage.StartupOption startup(LedgerSettings settings) throws IOException {
        File group = RaftTuning.groupDir(settings);
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
        try {
            DivisionInfo info = server.getDivision(settings.groupId()).getInfo();
            RaftPeerId leader = info.getLeaderId();
            return new RoleInfo(
                    server.getId().toString(),
                    info.isAlive() ? info.getCurrentRole().name().toLowerCase(Locale.ROOT) : "stopped",
                    leader == null ? Optional.empty() : Optional.of(leader.toString()),
                    info.getCurrentTerm(),
                    info.getLastAppliedIndex());
        } catch (IOException e) {
            throw new IllegalStateException(
                    "ledger voter " + server.getId() + " has no group " + settings.groupId(), e);
        }
    }

    @Override
    public Optional<Leading> leading() {
        return permits.ledTerm().map(machine::leading);
    }

    /** Stops serving and syncs what it holds; after the clients of this JVM. */
    @Override
    public void close() throws IOException {
        permits.close();
        lines.forEach(VoterLine::close);
        server.close();
    }
}
