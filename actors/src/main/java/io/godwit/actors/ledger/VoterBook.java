package io.godwit.actors.ledger;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
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
    private final ExecutorService writer = Daemons.one("godwit-voters");
    private final List<Consumer<VoterSet>> listeners = new CopyOnWriteArrayList<>();
    private volatile VoterSet current;

    private VoterBook(@Nullable Path file, VoterSet current) {
        this.file = file;
        this.current = current;
    }

    /** Kept nowhere: for a client that begins anew each time. */
    public static VoterBook inMemory(LedgerSettings settings) {
        return new VoterBook(null, bootstrap(settings));
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
                    "the ledger's voters are {} since its entry {}; ledger.voters in the configuration file names {}, which"
                            + " only counts before the ledger's first start",
                    known.voters(),
                    known.index(),
                    bootstrap.voters());
        }
        return new VoterBook(file, known);
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
        if (set.index() <= current.index()) {
            return CompletableFuture.completedFuture(null);
        }
        try {
            return CompletableFuture.runAsync(() -> take(set), writer);
        } catch (RejectedExecutionException closed) {
            return CompletableFuture.completedFuture(null);
        }
    }

    private void take(VoterSet set) {
        VoterSet before = current;
        if (set.index() <= before.index()) {
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
    }
}
