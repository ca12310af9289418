package io.godwit.control.balance;

import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * VMs that go to another host at the same time: one, or those that must stay together.
 *
 * @param from null where they are started rather than migrated
 * @param required whether they cannot stay; else the move is for balance, and its gain exceeds its cost
 * @param gain by how much the imbalance falls; less than 0 for a move that only rules ask for
 */
public record Move(
        List<String> vms,
        @Nullable String from,
        String to,
        boolean required,
        double gain,
        Cost predicted,
        String reason) {
    public Move {
        vms = List.copyOf(vms);
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%s %s → %s, gain %.4f: %s",
                String.join(",", vms),
                from == null ? "-" : from,
                to,
                gain,
                reason);
    }
}
