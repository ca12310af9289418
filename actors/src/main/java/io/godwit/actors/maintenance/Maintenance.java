package io.godwit.actors.maintenance;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** The maintenance of all hosts, as a gateway sees it. Stages fail with a problem; no call blocks. */
public interface Maintenance {
    /** Begins to move all running VMs away from a host. */
    CompletionStage<MaintenanceView> drain(String host, int concurrency);

    /** Begins to move back what drains moved away from a host and is still where they put it. */
    CompletionStage<MaintenanceView> restore(String host, int concurrency);

    /** The last operations of each host that can be reached, newest first. */
    CompletionStage<List<MaintenanceView>> list();

    CompletionStage<MaintenanceView> find(String id);

    /**
     * Ends an operation: its host is active again, and no further move begins.
     *
     * @param finishRunning whether moves under way go on to their end, instead of being cancelled
     */
    CompletionStage<MaintenanceView> cancel(String id, boolean finishRunning);

    /**
     * Drains a host whose node is to end; what moves away comes back when it has started again.
     *
     * @param limit how long is waited for the end of that; the drain goes on
     * @return when the drain is over; an answer without an operation where the host was empty already
     */
    CompletionStage<Optional<MaintenanceView>> leave(String host, Duration limit);
}
