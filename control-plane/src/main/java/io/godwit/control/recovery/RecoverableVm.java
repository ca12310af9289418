package io.godwit.control.recovery;

import io.godwit.control.ledger.VmRecord;
import java.util.Optional;

/**
 * A VM as recovery sees it.
 *
 * @param guarded whether it runs only under permits; a VM with local disks, or of which nobody wants it, does not
 * @param priority the higher the earlier
 * @param sharedPool the strictest pool of those with its writable disks; empty if it writes none
 */
public record RecoverableVm(VmRecord record, boolean guarded, int priority, Optional<SharedPool> sharedPool) {
    /** @param name as in the configuration */
    public record SharedPool(String name, Fencing fencing) {}
}
