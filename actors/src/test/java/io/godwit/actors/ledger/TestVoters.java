package io.godwit.actors.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmIds;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import io.godwit.integration.harness.FreePorts;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;

/** Voters in this JVM, each with a directory of its own, and a client. */
final class TestVoters implements AutoCloseable {
    static final LedgerSettings.Timeouts TIMEOUTS = new LedgerSettings.Timeouts(1_000, 2_000, 4_000);
    static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    static final HostIdentity NORTH = new HostIdentity("north", "n1");
    private static final RandomGenerator RANDOM = RandomGenerator.getDefault();
    private static final AtomicLong REQUESTS = new AtomicLong();
    private static final long PATIENCE_MS = 40_000;

    private final Path directory;
    private final List<LedgerSettings.Voter> voters;
    private final Map<String, LedgerServer> running = new TreeMap<>();
    private final List<Runnable> clients = new ArrayList<>();
    private final PermitTimes times;

    TestVoters(Path directory, int count) throws IOException {
        this(directory, count, PermitTimes.DEFAULT);
    }

    TestVoters(Path directory, int count, PermitTimes times) throws IOException {
        this.directory = directory;
        this.times = times;
        voters = voters(count);
    }

    static List<LedgerSettings.Voter> voters(int count) {
        List<LedgerSettings.Voter> voters = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            voters.add(new LedgerSettings.Voter("host" + i, "127.0.0.1", FreePorts.tcp()));
        }
        return voters;
    }

    TestVoters startAll() throws IOException {
        for (LedgerSettings.Voter voter : voters) {
            start(voter.id());
        }
        return this;
    }

    void start(String id) throws IOException {
        running.put(id, LedgerServer.start(settings(id), times, TestVoters::nowMs));
    }

    /** A host as in a node: its voter, where it has one, follows who votes; so does its client. */
    TestSeat seat(String hostId) throws IOException {
        return TestSeat.open(
                settings(ids().contains(hostId) ? hostId : null), hostId, directory.resolve(hostId), times);
    }

    /** As {@link #seat(String)}, with a build that speaks up to that level. */
    TestSeat seat(String hostId, int spoken) throws IOException {
        return TestSeat.open(settings(hostId), hostId, directory.resolve(hostId), times, spoken);
    }

    /** As {@link #start(String)}, with a build that speaks up to that level; it asks no other voter before. */
    void start(String id, int spoken) throws IOException {
        running.put(id, LedgerServer.start(settings(id), times, TestVoters::nowMs, spoken));
    }

    LedgerSettings settings(String selfId) {
        return new LedgerSettings("test", voters, selfId, directory.resolve(String.valueOf(selfId)), TIMEOUTS);
    }

    /** It leaves without handing its leadership over. */
    void stop(String id) throws IOException {
        running.remove(id).close();
    }

    /** Side by side: each waits some seconds for its connections to fall silent. */
    void stopAll() {
        List<LedgerServer> all = List.copyOf(running.values());
        running.clear();
        CompletableFuture.allOf(all.stream()
                        .map(server -> CompletableFuture.runAsync(() -> close(server)))
                        .toArray(CompletableFuture<?>[]::new))
                .join();
    }

    private static void close(LedgerServer server) {
        try {
            server.close();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    RatisLedger client() {
        RatisLedger client = new RatisLedger(settings(null), leaderLine());
        clients.add(client::close);
        return client;
    }

    PermitLine line() {
        return new RatisPermitLine(leaderLine(), times);
    }

    RatisJoinLine joinLine() {
        RatisJoinLine line = new RatisJoinLine(settings(null), leaderLine());
        clients.add(0, line::close);
        return line;
    }

    private LeaderLine leaderLine() {
        LeaderLine line = new LeaderLine(settings(null), times);
        clients.add(line::close);
        return line;
    }

    /** All hosts of a test have one clock. */
    static long nowMs() {
        return TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
    }

    LedgerServer server(String id) {
        return running.get(id);
    }

    List<String> ids() {
        return voters.stream().map(LedgerSettings.Voter::id).toList();
    }

    Optional<String> leader() {
        return running.values().stream()
                .map(LedgerServer::roleInfo)
                .filter(info -> info.role().equals("leader"))
                .map(LedgerServer.RoleInfo::id)
                .findFirst();
    }

    static String requestId() {
        return "request-" + REQUESTS.incrementAndGet();
    }

    static LedgerCommand.Create create(String name, String cmdline) {
        VmSpec spec = new VmSpec(name, 64 << 20, 1, "/probe.elf", cmdline, null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new LedgerCommand.Create(requestId(), VmIds.newId(RANDOM), spec, SOUTH);
    }

    /** Repeats under the same request id while the ledger is out of reach, as every user of it does. */
    static <T> T patiently(Supplier<CompletionStage<T>> request) {
        long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(PATIENCE_MS);
        while (true) {
            try {
                return request.get().toCompletableFuture().join();
            } catch (CompletionException e) {
                if (!(e.getCause() instanceof LedgerUnavailableException) || System.nanoTime() > deadline) {
                    throw e;
                }
            }
        }
    }

    static VmRecord applied(Ledger ledger, LedgerCommand command) {
        LedgerAnswer answer = patiently(() -> ledger.submit(command));
        assertThat(answer).isInstanceOf(LedgerAnswer.Applied.class);
        return ((LedgerAnswer.Applied) answer).vm();
    }

    @Override
    public void close() throws IOException {
        clients.forEach(Runnable::run);
        stopAll();
    }
}
