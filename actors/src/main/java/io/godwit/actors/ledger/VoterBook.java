package io.godwit.actors.ledger;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Who votes, as this host knows it: by the configuration file until the ledger or another host says something later,
 * which is kept on disk. What is learned is written and told on a thread of the book's own. Thread-safe; no call blocks.
 */
public final class VoterBook implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VoterBook.class);

    private final @Nullable Path file;
    private final GenerationLookup lookup;
    private final ExecutorService writer = Daemons.one("godwit-voters");
    private final List<Consumer<VoterSet>> listeners = new CopyOnWriteArrayList<>();
    private volatile VoterSet current;
    private volatile @Nullable VoterSet contradiction;

    private VoterBook(@Nullable Path file, LedgerSettings settings, VoterSet current) {
        this.file = file;
        this.lookup = new GenerationLookup(settings);
        this.current = current;
    }

    /** Kept nowhere: for a client that begins anew each time. */
    public static VoterBook inMemory(LedgerSettings settings) {
        return new VoterBook(null, settings, bootstrap(settings));
    }

    /**
     * Reads what this host knew last. Blocks.
     *
     * @throws IOException for a file that cannot be read
     */
    public static VoterBook open(Path file, LedgerSettings settings) throws IOException {
        VoterSet bootstrap = bootstrap(settings);
        VoterSet known = VoterFile.read(file).orElse(bootstrap);
        if (!known.isSameAs(bootstrap)) {
            LOG.warn(
                    "the ledger's voters are {} since its entry {}{}; ledger.voters in the configuration file names {},"
                            + " which only counts before the ledger's first start",
                    known.voters(),
                    known.index(),
                    ofGeneration(known),
                    bootstrap.voters());
        }
        return new VoterBook(file, settings, known);
    }

    private static String ofGeneration(VoterSet set) {
        return set.generation().number() == 0 ? "" : " of generation " + set.generation();
    }

    private static VoterSet bootstrap(LedgerSettings settings) {
        return new VoterSet(VoterSet.BOOTSTRAP, settings.voters());
    }

    public VoterSet current() {
        return current;
    }

    /**
     * Told of each set of other voters than before, on the book's own thread: it must not block for long.
     *
     * @return to be told no more
     */
    public Runnable onChange(Consumer<VoterSet> listener) {
        listeners.add(listener);
        return () -> listeners.remove(listener);
    }

    /** Takes a set over that is later than what is known. Completes when it is on disk and told; never fails. */
    public CompletableFuture<Void> learn(VoterSet set) {
        contradicted(set);
        if (!set.isLaterThan(current)) {
            return CompletableFuture.completedFuture(null);
        }
        try {
            return CompletableFuture.runAsync(() -> take(set), writer);
        } catch (RejectedExecutionException closed) {
            return CompletableFuture.completedFuture(null);
        }
    }

    private void contradicted(VoterSet set) {
        if (set.generation().contradicts(current.generation()) && contradiction == null) {
            contradiction = set;
            LOG.error(
                    "the ledger was made anew twice: generation {} has the voters {} here, and {} elsewhere. This host keeps"
                            + " to the first; \"godwit ledger recover\" on the one that is to count makes an end of the other",
                    set.generation(),
                    current.voters(),
                    set.voters());
        }
    }

    /** Who votes by another generation of the same number, where somebody named one: both cannot be the cluster's. */
    Optional<VoterSet> contradiction() {
        VoterSet other = contradiction;
        return other != null && other.generation().contradicts(current.generation())
                ? Optional.of(other)
                : Optional.empty();
    }

    /**
     * Somebody who is not in this generation's group answers where this voter is thought to be: learns from it what it
     * serves. Completes when that is known and taken over; never fails.
     */
    CompletableFuture<Void> lookUp(LedgerSettings.Voter voter) {
        return lookup.ask(voter).thenCompose(this::learn).exceptionally(unknown -> null);
    }

    /** As {@link #lookUp}, without waiting for it. */
    void stranger(LedgerSettings.Voter voter) {
        CompletableFuture<Void> unused = lookUp(voter);
    }

    /**
     * Begins a new generation, which this host's own voter founds.
     *
     * @throws IOException where that could not be written: nothing has changed
     */
    void begin(VoterSet founders) throws IOException {
        try {
            CompletableFuture.runAsync(() -> takeAfterWriting(founders), writer).join();
        } catch (CompletionException failed) {
            throw failed.getCause() instanceof UncheckedIOException io ? io.getCause() : new IOException(failed);
        }
    }

    private void takeAfterWriting(VoterSet founders) {
        try {
            if (!founders.isLaterThan(current)) {
                throw new IOException("the ledger is of generation " + current.generation() + " meanwhile; generation "
                        + founders.generation() + " is not later");
            }
            if (file != null) {
                VoterFile.write(file, founders);
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        take(founders);
    }

    private void take(VoterSet set) {
        VoterSet before = current;
        if (!set.isLaterThan(before)) {
            return;
        }
        current = set;
        try {
            if (file != null) {
                VoterFile.write(file, set);
            }
        } catch (IOException failed) {
            LOG.error(
                    "who votes could not be written to {}: this host may not find the ledger after its restart",
                    file,
                    failed);
        }
        if (set.generation().isLaterThan(before.generation())) {
            LOG.warn(
                    "the ledger is of generation {} now, made anew of one voter's copy; here it was of generation {}. What"
                            + " this host's voter has of that counts no more",
                    set.generation(),
                    before.generation());
        }
        if (!set.isSameAs(before)) {
            LOG.warn(
                    "the ledger's voters are {} now, by its entry {}; before: {}",
                    set.voters(),
                    set.index(),
                    before.voters());
            listeners.forEach(listener -> tell(listener, set));
        }
    }

    private static void tell(Consumer<VoterSet> listener, VoterSet set) {
        try {
            listener.accept(set);
        } catch (RuntimeException failed) {
            LOG.error("the change of the ledger's voters to {} was not followed", set.voters(), failed);
        }
    }

    /** Learns nothing more. */
    @Override
    public void close() {
        writer.shutdown();
        lookup.close();
    }
}
