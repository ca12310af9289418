package io.godwit.actors.ledger;

import java.io.IOException;
import java.util.concurrent.ExecutorService;
import org.apache.ratis.client.RaftClient;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where Raft clients end. Ratis' netty (3.3.0) waits for 2 s before it ends a client's thread, with nothing left to do:
 * nobody who is done with a client has to wait along.
 */
final class ClosingClients {
    private static final Logger LOG = LoggerFactory.getLogger(ClosingClients.class);

    /** More at once wait for each other: a ledger that is out of reach has clients replaced for as long as it is. */
    private static final int THREADS_MAX = 8;

    private static final ExecutorService CLOSERS = Daemons.upTo(THREADS_MAX, "godwit-ledger-closer");

    private ClosingClients() {}

    /** Returns at once. */
    static void close(RaftClient client) {
        CLOSERS.execute(() -> {
            try {
                client.close();
            } catch (IOException | RuntimeException e) {
                LOG.warn("a client of the ledger did not close cleanly", e);
            }
        });
    }
}
