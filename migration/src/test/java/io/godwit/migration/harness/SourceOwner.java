package io.godwit.migration.harness;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.EndingSettings;
import io.godwit.migration.OutgoingListener;
import io.godwit.migration.OutgoingMigration;
import io.godwit.migration.SwitchoverSummary;
import io.godwit.migration.convergence.Prediction;
import io.godwit.vmm.Device;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** Owns the source half as an actor would, and notes what it was told. */
public final class SourceOwner implements OutgoingListener {
    public static final long DEADLINE_S = 30;

    /** What the engine said last: exactly one per migration. */
    public sealed interface Outcome {
        record RestSent(SwitchoverSummary summary) implements Outcome {}

        record Cancelled(String reason) implements Outcome {}

        record Failed(String reason, boolean peerLost) implements Outcome {}
    }

    private final Machine machine;
    private final CompletableFuture<Outcome> outcome = new CompletableFuture<>();
    private final CompletableFuture<Prediction> converged = new CompletableFuture<>();
    private final CompletableFuture<Void> pauseAsked = new CompletableFuture<>();
    private final CompletableFuture<Void> standing = new CompletableFuture<>();
    private final CompletableFuture<EndingSettings> overdue = new CompletableFuture<>();
    private volatile CompletableFuture<Void> goOn = CompletableFuture.completedFuture(null);
    private volatile OutgoingMigration engine;
    private volatile boolean allowAtOnce = true;
    private volatile Runnable beforePause = () -> {};
    private volatile long pauseAskedNs;

    public SourceOwner(Machine machine) {
        this.machine = machine;
    }

    public SourceOwner allowsNothing() {
        allowAtOnce = false;
        return this;
    }

    public SourceOwner beforePause(Runnable hook) {
        beforePause = hook;
        return this;
    }

    void owns(OutgoingMigration migration) {
        engine = migration;
    }

    @Override
    public void onConverged(Prediction prediction) {
        assertThat(converged.complete(prediction)).as("converged is told once").isTrue();
        if (allowAtOnce) {
            Objects.requireNonNull(engine).allowSwitchover();
        }
    }

    @Override
    public CompletionStage<Void> pauseMachine() {
        pauseAskedNs = System.nanoTime();
        beforePause.run();
        pauseAsked.complete(null);
        return all(machine.vcpus().stream().map(Vcpu::pause))
                .thenCompose(paused -> all(machine.devices().stream().map(Device::quiesce)));
    }

    private static CompletableFuture<Void> all(Stream<CompletionStage<Void>> stages) {
        return CompletableFuture.allOf(
                stages.map(CompletionStage::toCompletableFuture).toArray(CompletableFuture[]::new));
    }

    @Override
    public CompletionStage<Void> mayGoOn() {
        standing.complete(null);
        return goOn;
    }

    @Override
    public void onOverdue(EndingSettings ending) {
        assertThat(overdue.complete(ending)).as("overdue is told once").isTrue();
    }

    /** Holds the machine, once it stands still, until {@link #goOn()}. */
    public SourceOwner holds() {
        goOn = new CompletableFuture<>();
        return this;
    }

    public void goOn() {
        goOn.complete(null);
    }

    public boolean isStanding() {
        return standing.isDone();
    }

    public boolean isOverdue() {
        return overdue.isDone();
    }

    @Override
    public void onRestSent(SwitchoverSummary summary) {
        tell(new Outcome.RestSent(summary));
    }

    @Override
    public void onCancelled(String reason) {
        tell(new Outcome.Cancelled(reason));
    }

    @Override
    public void onFailed(String reason, boolean peerLost) {
        tell(new Outcome.Failed(reason, peerLost));
    }

    private void tell(Outcome said) {
        assertThat(outcome.complete(said)).as("second outcome %s", said).isTrue();
    }

    public long pauseAskedNs() {
        return pauseAskedNs;
    }

    public boolean isConverged() {
        return converged.isDone();
    }

    public boolean wasAskedToPause() {
        return pauseAsked.isDone();
    }

    public Outcome outcome() {
        return outcome.orTimeout(DEADLINE_S, TimeUnit.SECONDS).join();
    }

    public boolean isOver() {
        return outcome.isDone();
    }

    public SwitchoverSummary restSent() {
        assertThat(outcome()).isInstanceOf(Outcome.RestSent.class);
        return ((Outcome.RestSent) outcome()).summary();
    }

    public Outcome.Failed failed() {
        assertThat(outcome()).isInstanceOf(Outcome.Failed.class);
        return (Outcome.Failed) outcome();
    }
}
