package io.godwit.actors.migration;

import io.godwit.actors.vm.Problem;
import io.godwit.config.InvalidFieldsException;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.control.switchover.MigrationStatus;
import java.util.Optional;

/** What a migration goes by, some of which may change while it runs. Written by its actor, read by any thread. */
final class RunningParameters {
    private final String migrationId;
    private volatile MigrationParameters values;

    RunningParameters(String migrationId, MigrationParameters values) {
        this.migrationId = migrationId;
        this.values = values;
    }

    MigrationParameters values() {
        return values;
    }

    MigrationSettings settings() {
        return MigrationSettings.of(values);
    }

    /** Takes a change, or says why it cannot be taken, or not any more. */
    Optional<Problem> change(MigrationParameters changes, MigrationStatus status) {
        if (status.ended() || status == MigrationStatus.CANCELLING) {
            return Optional.of(Problem.of(
                    Problem.Kind.CONFLICT,
                    "migration " + migrationId + " is " + status.label() + ": its parameters change no more"));
        }
        try {
            values = values.with(changes.whileRunning());
            return Optional.empty();
        } catch (InvalidFieldsException refused) {
            return Optional.of(Problem.of(refused.problems().get(0)));
        }
    }
}
