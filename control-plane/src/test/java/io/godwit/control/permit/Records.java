package io.godwit.control.permit;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** What the tests of permits share. */
final class Records {
    static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    static final HostIdentity NORTH = new HostIdentity("north", "n1");
    static final HostIdentity EAST = new HostIdentity("east", "e1");
    static final String VM = "0123456789abcdefghjkmnpqrs";

    private Records() {}

    static VmRecord owned(HostIdentity owner, long epoch) {
        return record(owner, epoch, null);
    }

    static VmRecord migrating(HostIdentity source, HostIdentity target, long epoch) {
        return record(source, epoch, new PreparedMigration("m1", epoch, source, target));
    }

    private static VmRecord record(HostIdentity owner, long epoch, @Nullable PreparedMigration prepared) {
        VmSpec spec = new VmSpec("vm", 64L << 20, 1, "/kernel", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new VmRecord(VM, spec, owner, epoch, DesiredState.RUNNING, prepared, null);
    }
}
