package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerLevel;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;
import org.awaitility.Awaitility;

/** What a node has of the ledger. */
final class TestSeat implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(40);

    final VoterBook book;
    final VoterSeat seat;
    final RatisLedger ledger;
    final LedgerProbe probe;
    final VoterChange change;
    private final String hostId;
    private final LeaderLine line;

    private TestSeat(LedgerSettings settings, String hostId, VoterBook book, VoterSeat seat, PermitTimes times) {
        this.hostId = hostId;
        this.book = book;
        this.seat = seat;
        line = new LeaderLine(settings, book, times);
        ledger = new RatisLedger(settings, line);
        probe = new LedgerProbe(settings, line);
        change = new VoterChange(settings, line);
    }

    static TestSeat open(LedgerSettings settings, String hostId, Path directory, PermitTimes times) throws IOException {
        return open(settings, hostId, directory, times, LedgerLevel.SPOKEN);
    }

    /** @param spoken of the host's build */
    static TestSeat open(LedgerSettings settings, String hostId, Path directory, PermitTimes times, int spoken)
            throws IOException {
        Files.createDirectories(directory);
        LedgerSettings own = new LedgerSettings(
                settings.clusterName(), settings.voters(), settings.selfId(), directory, settings.timeouts());
        VoterBook book = VoterBook.open(directory.resolve("voters"), own);
        return new TestSeat(
                own, hostId, book, VoterSeat.open(own, book, hostId, times, TestVoters::nowMs, spoken), times);
    }

    LedgerStatus status() {
        return probe.status().toCompletableFuture().join();
    }

    LedgerStatus awaitQuorum() {
        return Awaitility.await(hostId + " sees the quorum").atMost(PATIENCE).until(this::status, LedgerStatus::quorum);
    }

    /** The role that its voter says it has; empty where it has none. */
    Optional<String> role() {
        return seat.roleInfo().map(LedgerServer.RoleInfo::role);
    }

    /** While somebody asks it how the ledger stands; in a node the other hosts tell it unasked. */
    void awaitVoters(String... ids) {
        Awaitility.await(hostId + " knows who votes").atMost(PATIENCE).until(() -> {
            status();
            return Set.copyOf(book.current().ids()).equals(Set.of(ids));
        });
    }

    @Override
    public void close() throws IOException {
        change.close();
        probe.close();
        ledger.close();
        line.close();
        seat.close();
        book.close();
    }
}
