package io.godwit.control.simulation;

/** A VM's memory at a host, and whether the kernel runs it. */
final class Guest {
    private long epoch;
    private final long memory;
    private boolean held;
    private boolean running;
    private long stopsAtMs;

    Guest(long epoch, long memory) {
        this.epoch = epoch;
        this.memory = memory;
    }

    /** Grows with each start and each copy at another host: what is older than one that ran must not run any more. */
    long memory() {
        return memory;
    }

    long epoch() {
        return epoch;
    }

    void committedAt(long newEpoch) {
        epoch = newEpoch;
    }

    /** Whether a switchover keeps it from running, whatever the permit says. */
    boolean held() {
        return held;
    }

    void hold(boolean on) {
        held = on;
        running &= !on;
    }

    /** @param untilMs of true time: the kernel's deadline and what the kernel takes to keep it */
    void run(long untilMs) {
        running = true;
        stopsAtMs = untilMs;
    }

    void pause() {
        running = false;
    }

    boolean executes(long nowMs) {
        return running && nowMs < stopsAtMs;
    }
}
