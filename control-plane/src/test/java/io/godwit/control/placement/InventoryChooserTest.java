package io.godwit.control.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.HostChooser.Choice;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class InventoryChooserTest {
    private static final HostIdentity A = new HostIdentity("a", "1");
    private static final HostIdentity B = new HostIdentity("b", "1");

    private static VmRecord vm(String id) {
        VmSpec spec = new VmSpec(id, 64L << 20, 1, "/kernel", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new VmRecord(id, spec, new HostIdentity("dead", "1"), 1, DesiredState.RUNNING, null, null);
    }

    @Test
    void shouldCountWhatTheSamePlanPlacedBefore() {
        InventoryChooser chooser = new InventoryChooser(
                Inventory.of(List.of(Host.of("a", 64L << 20, 4), Host.of("b", 96L << 20, 4)), List.of(), List.of()),
                Map.of("a", A, "b", B));
        Map<String, HostIdentity> placed = new HashMap<>();

        assertThat(chooser.choose(vm("one"), placed)).isEqualTo(new Choice.On(B));
        placed.put("one", B);
        assertThat(chooser.choose(vm("two"), placed)).isEqualTo(new Choice.On(A));
        placed.put("two", A);
        assertThat(chooser.choose(vm("three"), placed))
                .isEqualTo(new Choice.Nowhere(List.of(
                        "host a: it has 0B of memory free, the VM wants 64MiB",
                        "host b: it has 32MiB of memory free, the VM wants 64MiB")));
    }
}
