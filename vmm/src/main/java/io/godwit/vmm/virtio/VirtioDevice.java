package io.godwit.vmm.virtio;

import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * What one kind of virtio device does, behind registers, rings and threads that are the same for all kinds.
 *
 * <pre>
 *             driver ready                    quiesce
 * idle ────── start() ──────► serving ────── pause() ──────► paused
 *   ▲                         │  ▲ serve()                     │
 *   └──────── stop() ─────────┘  └────────── serve() ──────────┘
 * </pre>
 *
 * {@link #start} and {@link #stop} are called while no worker runs any of its code; {@link #serve} and {@link #pause} on
 * the worker of the queue, others on other workers at the same time.
 */
public interface VirtioDevice extends AutoCloseable {
    /** Stable id, unique in the machine, such as {@code disk/0}. */
    String id();

    VirtioKind kind();

    /** Feature bits offered beside those of every device. */
    long features();

    /** Largest size of each queue, in the order of their numbers; powers of two. */
    int[] queueSizes();

    /** How many threads serve its queues. */
    default int workers() {
        return 1;
    }

    /** Which of them serves a queue. */
    default int workerOf(int queue) {
        return queue % workers();
    }

    /** Its own configuration fields, little-endian. The length never changes. */
    byte[] config();

    /** The driver wrote into them. Fields that are read-only stay as they are. */
    default void writeConfig(int offset, byte value) {}

    /** As {@link io.godwit.vmm.Device#notMigratable()}. */
    default Optional<String> notMigratable() {
        return Optional.empty();
    }

    /** What its host could not do for it, though it serves on; from any thread. */
    default Optional<String> trouble() {
        return Optional.empty();
    }

    /** As {@link io.godwit.vmm.Device#imageBytes()}. */
    default OptionalLong imageBytes() {
        return OptionalLong.empty();
    }

    /**
     * Takes what one host alone may have, such as an image's lock, before it serves for the first time and after each
     * {@link #release}.
     *
     * @throws io.godwit.vmm.MachineException naming it and who is in the way
     */
    default void claim() {}

    /** Gives that back, after a pause: another host may take it. */
    default void release() {}

    /** The driver is ready; requests may come. */
    void start(ActiveQueues queues);

    /** Serves a queue until nothing is left to do: it was notified, or a pause is over. */
    void serve(int queue);

    /** Ends I/O in flight of a worker's queues; nothing of the guest is touched until the next {@link #serve}. */
    default void pause(int worker) {}

    /** The driver is gone, or reset the device. Follows a {@link #pause} of every worker. */
    void stop();

    /** What there is to save beside registers and rings; after a pause. */
    default void save(StateWriter state) {}

    default void restore(StateReader state) {}

    /** Gives back files and taps. Idempotent; nothing else is called afterwards. */
    @Override
    void close();
}
