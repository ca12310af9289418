package io.godwit.control.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlacementTest {
    private static final VmSpec SPEC =
            new VmSpec("vm", 64L << 20, 1, "/kernel", "", null, DirtyLogKind.BITMAP, new TreeSet<>());

    @Test
    void shouldChooseTheHostWithTheMostMemoryFree() {
        assertThat(Placement.mostFreeMemory(
                        SPEC, List.of(new HostCapacity("a", 64L << 20), new HostCapacity("b", 128L << 20))))
                .contains("b");
    }

    @Test
    void shouldChooseTheFirstByNameAmongEquals() {
        assertThat(Placement.mostFreeMemory(
                        SPEC, List.of(new HostCapacity("b", 64L << 20), new HostCapacity("a", 64L << 20))))
                .contains("a");
    }

    @Test
    void shouldChooseNoneWhereItDoesNotFit() {
        assertThat(Placement.mostFreeMemory(SPEC, List.of(new HostCapacity("a", (64L << 20) - 1))))
                .isEmpty();
    }
}
