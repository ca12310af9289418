package io.godwit.actors.migration;

import io.godwit.actors.migration.MigrationSource.Happened;
import io.godwit.config.EndingSettings;
import io.godwit.control.switchover.SourceEvent;
import io.godwit.migration.OutgoingListener;
import io.godwit.migration.SwitchoverSummary;
import io.godwit.migration.convergence.Prediction;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * What the engine tells, on its own thread, made messages for the source's actor.
 *
 * @param goOn completes when the protocol lets the rest be sent
 */
record SourceListener(
        ActorRef<MigrationSource.Command> source,
        MigrationOrder order,
        MigrationJournal journal,
        PauseGate gate,
        CompletionStage<Void> goOn)
        implements OutgoingListener {
    @Override
    public void onConverged(Prediction prediction) {
        source.tell(new Happened(new SourceEvent.Converged()));
    }

    @Override
    public CompletionStage<Void> pauseMachine() {
        journal.pausing();
        source.tell(new Happened(new SourceEvent.Pausing()));
        return gate.pause();
    }

    /** Ends only after the protocol knows of the pause, and says so: nothing of the rest must overtake it. */
    @Override
    public CompletionStage<Void> mayGoOn() {
        source.tell(new Happened(new SourceEvent.Paused()));
        return goOn;
    }

    @Override
    public void onPass(int harvests) {
        journal.pass(harvests);
    }

    @Override
    public void onOverdue(EndingSettings ending) {
        journal.overdue(ending);
    }

    @Override
    public void onRestSent(SwitchoverSummary summary) {
        source.tell(new MigrationSource.RestSent(summary));
    }

    @Override
    public void onCancelled(String reason) {
        source.tell(new Happened(new SourceEvent.Cancel(reason)));
    }

    @Override
    public void onFailed(String reason, boolean peerLost) {
        source.tell(new Happened(peerLost ? new SourceEvent.TargetLost(reason) : new SourceEvent.EngineFailed(reason)));
    }
}
