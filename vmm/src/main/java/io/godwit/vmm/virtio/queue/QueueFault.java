package io.godwit.vmm.virtio.queue;

/**
 * A driver broke the rules of its queue. The message names the queue, the value and what is accepted; the device stops
 * and says that it needs a reset.
 */
public final class QueueFault extends RuntimeException {
    public QueueFault(String message) {
        super(message);
    }
}
