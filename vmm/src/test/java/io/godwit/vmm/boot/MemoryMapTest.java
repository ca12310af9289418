package io.godwit.vmm.boot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class MemoryMapTest {
    private static final long MIB = 1 << 20;
    private static final MemoryRange EVERYWHERE = new MemoryRange(0, Long.MAX_VALUE);

    private static MemoryMap of(long bytes, MemoryRange... areas) {
        return MemoryMap.of(GuestLayout.ofSize(bytes), List.of(areas));
    }

    private static List<String> lines(MemoryMap map) {
        return map.entries().stream()
                .map(entry -> Long.toHexString(entry.start()) + "-"
                        + Long.toHexString(entry.start() + entry.sizeBytes()) + " " + entry.type())
                .toList();
    }

    @Test
    void shouldHaveTheLegacyBlockAndTheHole() {
        assertThat(lines(of(16 * MIB))).containsExactly("0-a0000 1", "a0000-100000 2", "100000-1000000 1");
        assertThat(lines(of(4096 * MIB)))
                .containsExactly("0-a0000 1", "a0000-100000 2", "100000-c0000000 1", "100000000-140000000 1");
        assertThat(of(4096 * MIB).ramBytesFrom(0x100000)).isEqualTo(3071 * MIB);
        assertThat(of(16 * MIB).ramBytesFrom(0xa0000)).isZero();
    }

    @Test
    void shouldReserveAreasWhereverTheyLie() {
        MemoryMap map = of(
                16 * MIB,
                new MemoryRange(0xfec00000L, 0xfec01000L),
                new MemoryRange(0xe0000, 0x100000),
                new MemoryRange(0x9f000, 0xa0000),
                new MemoryRange(0x200000, 0x201000),
                new MemoryRange(0x200800, 0x202000),
                new MemoryRange(0xfff000, 0x1001000));
        assertThat(lines(map))
                .containsExactly(
                        "0-9f000 1",
                        "9f000-100000 2",
                        "100000-200000 1",
                        "200000-202000 2",
                        "202000-fff000 1",
                        "fff000-1001000 2",
                        "fec00000-fec01000 2");
        assertThat(map.isRam(new MemoryRange(0x100000, 0x200000))).isTrue();
        assertThat(map.isRam(new MemoryRange(0x100000, 0x200001))).isFalse();
    }

    @Test
    void shouldRefuseAMapThatNoProtocolHasRoomFor() {
        List<MemoryRange> areas = new ArrayList<>();
        for (long i = 1; i <= 31; i++) {
            areas.add(new MemoryRange(MIB + 8192 * i, MIB + 8192 * i + 4096));
        }
        GuestLayout layout = GuestLayout.ofSize(16 * MIB);
        assertThat(MemoryMap.of(layout, areas.subList(0, 30)).entries()).hasSize(63);
        assertThatThrownBy(() -> MemoryMap.of(layout, areas)).hasMessage("a memory map of 65 entries; accepted are 64");
        assertThatThrownBy(() -> new MemoryRange(5, 5)).hasMessageContaining("memory range 0x5..0x5");
    }

    @Test
    void shouldGiveFreeMemoryFromEitherEndAndNeverTwice() {
        FreeMemory free = new FreeMemory(of(16 * MIB, new MemoryRange(0xf00000, 0xf01000)));
        assertThat(free.takeHighest(0xff001, EVERYWHERE))
                .as("above the area is too little")
                .hasValue(0xe00000);
        assertThat(free.takeHighest(0xff000, EVERYWHERE)).hasValue(0xf01000);
        assertThat(free.takeHighest(1, EVERYWHERE)).as("whole pages").hasValue(0xdff000);
        assertThat(free.takeHighest(1, new MemoryRange(0x1000, 0xa0000))).hasValue(0x9f000);
        assertThat(free.takeLowest(0x1000, 0x200000, new MemoryRange(0x100000, 0x1000000)))
                .hasValue(0x200000);
        assertThat(free.takeLowest(0x1000, 0x200000, new MemoryRange(0x100000, 0x1000000)))
                .hasValue(0x400000);
        assertThat(free.takeHighest(16 * MIB, EVERYWHERE)).isEqualTo(OptionalLong.empty());
        assertThat(free.takeHighest(Long.MAX_VALUE, EVERYWHERE)).isEqualTo(OptionalLong.empty());
        assertThat(free.takeLowest(16 * MIB, 4096, EVERYWHERE)).isEqualTo(OptionalLong.empty());
    }
}
