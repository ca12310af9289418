package io.godwit.migration.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.migration.IncomingListener;
import io.godwit.migration.IncomingSummary;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/** Owns the target half as an actor would, and notes what it was told. */
public final class TargetOwner implements IncomingListener {
    /** Why the target half failed. */
    public record Failed(String reason, boolean peerLost) {}

    private final CompletableFuture<Object> outcome = new CompletableFuture<>();
    private volatile long readyNs;

    @Override
    public void onReady(IncomingSummary summary) {
        readyNs = System.nanoTime();
        assertThat(outcome.complete(summary)).isTrue();
    }

    @Override
    public void onFailed(String reason, boolean peerLost) {
        assertThat(outcome.complete(new Failed(reason, peerLost))).isTrue();
    }

    public long readyNs() {
        return readyNs;
    }

    public boolean isOver() {
        return outcome.isDone();
    }

    public IncomingSummary ready() {
        assertThat(outcome()).isInstanceOf(IncomingSummary.class);
        return (IncomingSummary) outcome();
    }

    public Failed failed() {
        assertThat(outcome()).isInstanceOf(Failed.class);
        return (Failed) outcome();
    }

    private Object outcome() {
        return outcome.orTimeout(SourceOwner.DEADLINE_S, TimeUnit.SECONDS).join();
    }
}
