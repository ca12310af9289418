package io.godwit.control.balance;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Vm;
import java.util.List;

/**
 * What migrating something costs.
 *
 * @param durationMs {@link #NEVER} where the guest writes faster than the link carries
 * @param bytes sent
 */
public record Cost(long durationMs, long bytes) {
    public static final long NEVER = Long.MAX_VALUE;
    public static final Cost NONE = new Cost(0, 0);

    /** Of the link: beyond that share of it written again, rounds of pre-copy hardly get shorter. */
    private static final double MAX_DIRTY_SHARE = 0.8;

    /**
     * What pre-copy takes by its memory, its dirty rate and the slower end's bandwidth: each round sends what the one
     * before it left, M/B · 1/(1 − D/B) in all.
     */
    public static Cost predicted(List<Vm> vms, Host from, Host to) {
        double bandwidth = Math.min(from.migrationBytesPerSecond(), to.migrationBytesPerSecond());
        double memory = vms.stream().mapToLong(Vm::memoryBytes).sum();
        double dirty =
                vms.stream().mapToLong(vm -> vm.load().dirtyBytesPerSecond()).sum();
        double share = dirty / bandwidth;
        if (share > MAX_DIRTY_SHARE) {
            return new Cost(NEVER, 0);
        }
        double bytes = memory / (1 - share);
        return new Cost(Math.round(bytes / bandwidth * 1_000), Math.round(bytes));
    }

    public boolean ends() {
        return durationMs != NEVER;
    }
}
