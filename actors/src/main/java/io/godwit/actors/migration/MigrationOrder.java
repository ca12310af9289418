package io.godwit.actors.migration;

import io.godwit.actors.vm.VmActor;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.config.SkippedChecks;
import io.godwit.control.ledger.VmRecord;
import io.godwit.migration.convergence.Plan;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/**
 * What was asked of a migration.
 *
 * @param parameters everything it goes by, the host's configuration included
 * @param skipped what is not asked of the target
 * @param expectation what it is expected to be like; null where nobody has watched the guest lately
 * @param running whether the VM runs on arrival
 * @param replyTo told once that the migration is an object of its own
 */
public record MigrationOrder(
        String migrationId,
        VmRecord vm,
        String targetHost,
        MigrationParameters parameters,
        SkippedChecks skipped,
        @Nullable Plan expectation,
        boolean running,
        ActorRef<VmActor.Answer> replyTo) {
    MigrationSettings settings() {
        return MigrationSettings.of(parameters);
    }
}
