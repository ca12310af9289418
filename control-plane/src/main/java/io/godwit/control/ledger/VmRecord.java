package io.godwit.control.ledger;

import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import org.jspecify.annotations.Nullable;

/**
 * One VM in the ledger.
 *
 * @param id 26 lower-case letters and digits, never reused
 * @param owner the only host that may run it; its host part also says where a stopped VM's definition lives
 * @param epoch grows with every change of owner
 * @param prepared the undecided migration it belongs to, if any
 * @param lastDecision the newest decided migration, kept so that repeated requests get the recorded answer
 * @param parameters what was set about this VM's migrations; an actor's copy of the record may be older than they are
 */
public record VmRecord(
        String id,
        VmSpec spec,
        HostIdentity owner,
        long epoch,
        DesiredState desired,
        @Nullable PreparedMigration prepared,
        @Nullable Decision lastDecision,
        MigrationParameters parameters) {
    /** With nothing set about its migrations. */
    public VmRecord(
            String id,
            VmSpec spec,
            HostIdentity owner,
            long epoch,
            DesiredState desired,
            @Nullable PreparedMigration prepared,
            @Nullable Decision lastDecision) {
        this(id, spec, owner, epoch, desired, prepared, lastDecision, MigrationParameters.NONE);
    }

    VmRecord ownedBy(HostIdentity host, long at) {
        return new VmRecord(id, spec, host, at, desired, null, lastDecision, parameters);
    }

    VmRecord desiring(DesiredState state) {
        return new VmRecord(id, spec, owner, epoch, state, null, lastDecision, parameters);
    }

    VmRecord preparedFor(@Nullable PreparedMigration migration) {
        return new VmRecord(id, spec, owner, epoch, desired, migration, lastDecision, parameters);
    }

    VmRecord decided(Decision decision) {
        return new VmRecord(id, spec, owner, epoch, desired, prepared, decision, parameters);
    }

    VmRecord defined(VmSpec as) {
        return new VmRecord(id, as, owner, epoch, desired, prepared, lastDecision, parameters);
    }

    VmRecord with(MigrationParameters set) {
        return new VmRecord(id, spec, owner, epoch, desired, prepared, lastDecision, set);
    }

    /** What the ledger made of it when it recorded {@code Commit} of a migration to {@code target}. */
    public VmRecord committedTo(HostIdentity target, String migrationId) {
        return ownedBy(target, epoch + 1).decided(new Decision(migrationId, Decision.Outcome.COMMITTED));
    }
}
