package io.godwit.actors.ledger;

import io.godwit.actors.alarm.AlarmWatch;
import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerLevel;
import io.godwit.control.ledger.LedgerLevelException;
import io.godwit.control.ledger.LedgerSnapshot;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
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
    private final int spoken;
    private final ExecutorService worker = Daemons.one("godwit-voter-seat");
    /** Written by the worker, or before it has anything to do. */
    private volatile @Nullable Taken taken;
    /** It is a voter by the book and has lost its part of the ledger, and with it what it voted and acknowledged. */
    private volatile boolean forgetful;

    private record Taken(Generation generation, LedgerSettings.Voter self, LedgerServer server) {}

    private VoterSeat(
            LedgerSettings settings,
            VoterBook book,
            String hostId,
            PermitTimes times,
            LongSupplier clockMs,
            int spoken) {
        this.settings = settings;
        this.book = book;
        this.hostId = hostId;
        this.times = times;
        this.clockMs = clockMs;
        this.spoken = spoken;
    }

    /**
     * Starts this host's voter, if it has one, and follows the book from then on. Blocks: the other voters are asked before,
     * for the ledger may have been made anew while this one was away.
     *
     * @param clockMs this host's {@code CLOCK_BOOTTIME}, in ms
     * @throws IOException for storage that cannot be used or is damaged, a port that is taken, or a ledger of a higher level
     *     than this build speaks
     */
    public static VoterSeat open(
            LedgerSettings settings, VoterBook book, String hostId, PermitTimes times, LongSupplier clockMs)
            throws IOException {
        return open(settings, book, hostId, times, clockMs, LedgerLevel.SPOKEN);
    }

    /** @param spoken the highest level that the build speaks: this one's but in tests */
    static VoterSeat open(
            LedgerSettings settings, VoterBook book, String hostId, PermitTimes times, LongSupplier clockMs, int spoken)
            throws IOException {
        VoterSeat seat = new VoterSeat(settings, book, hostId, times, clockMs, spoken);
        boolean before = !book.current().isOfConfiguration();
        if (book.current().voter(hostId).isPresent()) {
            VoterInquiry.Heard heard = VoterInquiry.ask(settings, book, hostId);
            if (heard.level() > spoken) {
                throw new IOException(new LedgerLevelException(heard.level(), spoken).getMessage());
            }
            before |= heard.named();
        }
        Optional<LedgerSettings.Voter> self = book.current().voter(hostId);
        if (self.isPresent() && before && !seat.holds(book.current().generation())) {
            seat.forget(self.get());
        } else if (self.isPresent()) {
            seat.take(self.get());
        }
        book.onChange(seat::follow);
        seat.follow(book.current());
        return seat;
    }

    /**
     * A voter that acknowledged entries and cast votes and knows neither any more would have them lost, were it to serve as
     * if it were new: a leader fills it up again, and half full it may already elect one that lacks the rest.
     */
    private void forget(LedgerSettings.Voter self) {
        forgetful = true;
        LOG.error(
                "this host, {}, votes for the ledger and has lost {}, and with it what it voted: it does not serve until"
                        + " the others have taken it out and in again, with \"godwit ledger replace {} {}\"",
                hostId,
                settings.storageDir(book.current().generation()),
                self.id(),
                self.id());
    }

    private void take(LedgerSettings.Voter self) throws IOException {
        forgetful = false;
        Generation generation = book.current().generation();
        taken = new Taken(generation, self, LedgerServer.start(settings, book, self, times, clockMs, spoken));
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
            } else if (self.isPresent() && !forgetful) {
                serve(self.get());
            } else if (self.isEmpty()) {
                forgetful = false;
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
            boolean same = now.generation().equals(book.current().generation())
                    && now.self().equals(self);
            if (same && now.server().isAlive()) {
                return;
            }
            Optional<String> outgrown = now.server().outgrown();
            if (same && outgrown.isPresent()) {
                throw new IOException(outgrown.get());
            }
            leave(now);
        }
        take(self);
    }

    private void leave(Taken now) throws IOException {
        taken = null;
        now.server().close();
    }

    /** The highest level of the ledger that this host's build speaks, see {@link LedgerLevel}. */
    public int spoken() {
        return spoken;
    }

    /** Why this host's voter cannot serve the ledger as it has become; empty while it can, and where there is none. */
    public Optional<String> outgrown() {
        Taken now = taken;
        return now == null ? Optional.empty() : now.server().outgrown();
    }

    /** What is to be said of this host's part in the ledger, each a sentence; mostly nothing. */
    public List<String> notes() {
        VoterSet known = book.current();
        List<String> notes = new ArrayList<>();
        outgrown().ifPresent(why -> notes.add("This host's voter has stopped: " + why + "."));
        if (taken == null && known.generation().number() > 0 && holds(Generation.FIRST)) {
            notes.add("This host's own copy of the ledger is of an older generation than " + known.generation()
                    + ", which was made anew of one voter's copy: it counts no more, and this host does not vote."
                    + " \"godwit ledger add " + hostId + "\" has it vote again.");
        }
        if (forgetful) {
            notes.add(
                    "This host votes for the ledger and has lost its part of it, and with it what it voted: it does not"
                            + " serve. \"godwit ledger replace " + hostId + " " + hostId
                            + "\" has the other voters take it out and"
                            + " in again.");
        }
        book.contradiction()
                .ifPresent(other -> notes.add("The ledger was made anew twice, as generation " + other.generation()
                        + ": with " + String.join(", ", known.ids()) + ", which this host goes by, and with "
                        + String.join(", ", other.ids()) + ". Only one may go on: \"godwit ledger recover\" on the one"
                        + " that is to count makes an end of the other."));
        return notes;
    }

    private boolean holds(Generation generation) {
        return RaftTuning.groupDir(settings, generation).isDirectory();
    }

    /** What this host's voter has of the ledger on its disk. Fails with an {@link UncheckedIOException} where it has nothing. */
    public CompletionStage<LedgerCopy> copy() {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        VoterSet voters = book.current();
                        return LedgerCopy.read(settings, self(voters), voters.generation(), spoken);
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed.getMessage(), failed);
                    }
                },
                worker);
    }

    private LedgerSettings.Voter self(VoterSet voters) throws IOException {
        return voters.voter(hostId)
                .orElseThrow(
                        () -> new IOException("host " + hostId + " is none of the ledger's voters, " + voters.ids()));
    }

    /**
     * Makes the ledger anew of what this host's voter has on its disk, with this voter alone. Completes when the new
     * generation has begun; fails with an {@link UncheckedIOException} where nothing has changed. Whether it may be done is
     * for the caller to know: see {@link RecoveryCase}.
     *
     * @param before whose copy is meant: refused where it is another generation's by now
     */
    public CompletionStage<VoterSet> beginAnew(Generation before) {
        return beginAnew(before, copy -> copy);
    }

    /**
     * As {@link #beginAnew(Generation)}, with something made of the copy. What that throws is what the stage fails with, and
     * nothing has changed.
     *
     * @param making is given the copy when nobody can append to it any more
     */
    public CompletionStage<VoterSet> beginAnew(Generation before, UnaryOperator<LedgerSnapshot> making) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return begin(before, making);
                    } catch (IOException failed) {
                        throw new UncheckedIOException(failed.getMessage(), failed);
                    }
                },
                worker);
    }

    /** The copy is read when nobody can append to it any more. */
    private VoterSet begin(Generation before, UnaryOperator<LedgerSnapshot> making) throws IOException {
        VoterSet voters = book.current();
        LedgerSettings.Voter self = self(voters);
        if (!voters.generation().equals(before)) {
            throw new IOException("the ledger is of generation " + voters.generation() + " meanwhile");
        }
        Taken now = taken;
        if (now != null) {
            leave(now);
        }
        try {
            LedgerCopy copy = LedgerCopy.read(settings, self, before, spoken);
            VoterSet founders = new VoterSet(before.next(), VoterSet.BOOTSTRAP, List.of(self));
            GenerationStorage.write(
                    settings, founders.generation(), copy.last(), LedgerCodec.encode(making.apply(copy.state())));
            book.begin(founders);
            return founders;
        } finally {
            // The old one, where the new one did not come about.
            serve(self);
        }
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
