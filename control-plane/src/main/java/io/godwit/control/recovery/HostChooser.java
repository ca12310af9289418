package io.godwit.control.recovery;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Map;

/** Placement, as recovery asks for it. */
public interface HostChooser {
    /** Where a VM goes. */
    sealed interface Choice {
        record On(HostIdentity host) implements Choice {}

        /** @param reasons one for each host that says no */
        record Nowhere(List<String> reasons) implements Choice {
            public Nowhere {
                reasons = List.copyOf(reasons);
            }
        }
    }

    /** @param placed what the same plan has given to hosts before: VMs' ids and hosts */
    Choice choose(VmRecord vm, Map<String, HostIdentity> placed);
}
