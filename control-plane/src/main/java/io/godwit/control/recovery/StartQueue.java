package io.godwit.control.recovery;

import io.godwit.config.InvalidValueException;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Optional;
import java.util.PriorityQueue;
import java.util.Set;

/** A host's VMs that are to be started, few at a time: after a power loss all come back at once. Not thread-safe. */
public final class StartQueue {
    private record Waiting(String vmId, int priority, long arrival) {}

    private final int atATime;
    private final PriorityQueue<Waiting> waiting = new PriorityQueue<>(
            Comparator.comparingInt(Waiting::priority).reversed().thenComparingLong(Waiting::arrival));
    private final Set<String> starting = new HashSet<>();
    private long arrivals;

    public StartQueue(int atATime) {
        if (atATime < 1) {
            throw new InvalidValueException("atATime", atATime, "1 or more");
        }
        this.atATime = atATime;
    }

    /** @param priority the higher the earlier; the first to come among equals */
    public void add(String vmId, int priority) {
        if (!starting.contains(vmId)
                && waiting.stream().noneMatch(other -> other.vmId().equals(vmId))) {
            waiting.add(new Waiting(vmId, priority, arrivals++));
        }
    }

    /** The next to be started now; empty while enough are starting. To be asked again until it is. */
    public Optional<String> next() {
        if (starting.size() >= atATime) {
            return Optional.empty();
        }
        Optional<String> next = Optional.ofNullable(waiting.poll()).map(Waiting::vmId);
        next.ifPresent(starting::add);
        return next;
    }

    /** It runs, could not be started, or is not wanted any more. */
    public void done(String vmId) {
        starting.remove(vmId);
        waiting.removeIf(other -> other.vmId().equals(vmId));
    }

    /** Started and not done. */
    public int starting() {
        return starting.size();
    }
}
