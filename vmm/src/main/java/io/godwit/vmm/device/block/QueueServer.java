package io.godwit.vmm.device.block;

/** Serves one queue of a disk; called by the queue's thread. */
interface QueueServer {
    /** Until nothing is left to take. */
    void serve();

    /** Returns when no request of the queue is under way. */
    default void pause() {}

    /** Gives back what it has; nothing else is called afterwards. By any thread. */
    default void close() {}
}
