package io.godwit.control.ledger;

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
 */
public record VmRecord(
        String id,
        VmSpec spec,
        HostIdentity owner,
        long epoch,
        DesiredState desired,
        @Nullable PreparedMigration prepared,
        @Nullable Decision lastDecision) {}
