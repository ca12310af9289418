package io.godwit.vmm.device.block;

/** Serves one queue of a disk; called by the queue's thread. */
interface QueueServer {
    /** Until nothing is left to take. */
    void serve();

    /** Returns when no request of the queue is under way. */
    default void pause() {}
}
