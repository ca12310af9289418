package io.godwit.actors.ledger;

import io.godwit.actors.alarm.AlarmWatch;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This host's place among the voters: taken while the host votes, else empty. A host that votes no more keeps its storage,
 * and its votes with it, for the case that it is to vote again.
 */
public final class VoterSeat implements LeaderView, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VoterSeat.class);
    private static final long CLOSE_MS = 20_000;

    private final LedgerSettings settings;
    private final VoterBook book;
    private final String hostId;
    private final PermitTimes times;
    private final LongSupplier clockMs;
    private final ExecutorService worker = Daemons.one("godwit-voter-seat");
    /** Written by the worker, or before it has anything to do. */
    private volatile @Nullable Taken taken;

    private record Taken(LedgerSettings.Voter self, LedgerServer server) {}

    private VoterSeat(LedgerSettings settings, VoterBook book, String hostId, PermitTimes times, LongSupplier clockMs) {
        this.settings = settings;
        this.book = book;
        this.hostId = hostId;
        this.times = times;
        this.clockMs = clockMs;
    }

    /**
     * Starts this host's voter, if it has one, and follows the book from then on. Blocks.
     *
     * @param clockMs this host's {@code CLOCK_BOOTTIME}, in ms
     * @throws IOException for storage that cannot be used or is damaged, or a port that is taken
     */
    public static VoterSeat open(
            LedgerSettings settings, VoterBook book, String hostId, PermitTimes times, LongSupplier clockMs)
            throws IOException {
        VoterSeat seat = new VoterSeat(settings, book, hostId, times, clockMs);
        Optional<LedgerSettings.Voter> self = book.current().voter(hostId);
        if (self.isPresent()) {
            seat.take(self.get());
        }
        book.onChange(seat::follow);
        return seat;
    }

    private void take(LedgerSettings.Voter self) throws IOException {
        taken = new Taken(self, LedgerServer.start(settings, book, self, times, clockMs));
    }

    private void follow(VoterSet voters) {
        if (!worker.isShutdown()) {
            worker.execute(() -> settle(voters));
        }
    }

    private void settle(VoterSet voters) {
        Optional<LedgerSettings.Voter> self = voters.voter(hostId);
        Taken now = taken;
        try {
            if (self.isEmpty() && now != null) {
                LOG.warn("this host, {}, votes for the ledger no more: it is a client from now on", hostId);
                leave(now);
            } else if (self.isPresent()) {
                serve(self.get());
            }
        } catch (IOException failed) {
            LOG.error(
                    "this host, {}, is to vote for the ledger and cannot; its node has to be started again when that is"
                            + " mended",
                    hostId,
                    failed);
        }
    }

    /**
     * Has this host serve at that address, so that the ledger's leader can make it a voter. Until then it has no vote.
     * Fails with an {@link IOException} for storage that cannot be used, or an address that is taken or another host's.
     */
    public CompletionStage<LedgerSettings.Voter> join(String address, int port) {
        LedgerSettings.Voter self = new LedgerSettings.Voter(hostId, address, port);
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        serve(self);
                        return self;
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed);
                    }
                },
                worker);
    }

    /** A voter that Ratis stopped, because it was none any more, is started anew. */
    private void serve(LedgerSettings.Voter self) throws IOException {
        Taken now = taken;
        if (now != null) {
            if (now.self().equals(self) && now.server().isAlive()) {
                return;
            }
            leave(now);
        }
        take(self);
    }

    private void leave(Taken now) throws IOException {
        taken = null;
        now.server().close();
    }

    /** How this host's voter stands; empty where it has none. */
    public Optional<LedgerServer.RoleInfo> roleInfo() {
        Taken now = taken;
        return now == null ? Optional.empty() : Optional.of(now.server().roleInfo());
    }

    /** How far the log of this host's voter is; {@link AlarmWatch.LogPosition#NONE} where it has none that lives. */
    public AlarmWatch.LogPosition logPosition() {
        Taken now = taken;
        return now == null || !now.server().isAlive()
                ? AlarmWatch.LogPosition.NONE
                : now.server().logPosition();
    }

    @Override
    public Optional<Leading> leading() {
        Taken now = taken;
        return now == null ? Optional.empty() : now.server().leading();
    }

    /** Stops serving and syncs what it holds; after the clients of this JVM. */
    @Override
    public void close() throws IOException {
        worker.shutdown();
        try {
            if (!worker.awaitTermination(CLOSE_MS, TimeUnit.MILLISECONDS)) {
                LOG.warn("this host's voter takes longer than {} ms to come or go", CLOSE_MS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        Taken last = taken;
        if (last != null) {
            leave(last);
        }
    }
}
