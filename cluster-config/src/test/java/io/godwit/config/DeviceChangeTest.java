package io.godwit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.device.DeviceSlots;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.GuestDevice;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DeviceChangeTest {
    private static VmSpec spec(List<DiskSpec> disks, List<NicSpec> nics, SortedMap<String, Integer> slots) {
        return new VmSpec(
                "db",
                64 << 20,
                1,
                "/k",
                "",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>(),
                disks,
                nics,
                new TreeSet<>(List.of(GuestDevice.RNG)),
                slots,
                Availability.USUAL,
                VmPlacement.ANYWHERE);
    }

    private static VmSpec usual() {
        return spec(List.of(disk("a")), List.of(nic(1)), new TreeMap<>());
    }

    private static DiskSpec disk(String name) {
        return new DiskSpec(new VolumeRef("san", name), false, CacheMode.WRITEBACK, 1);
    }

    private static NicSpec nic(int number) {
        return new NicSpec("lan", String.format("02:00:00:00:00:%02x", number), 1);
    }

    @Test
    void shouldPutANewDeviceBehindThoseThatAreThere() {
        DeviceChange change = DeviceChange.attach(usual(), disk("b"));

        assertThat(change.id()).isEqualTo("disk/1");
        assertThat(change.slot()).isEqualTo(4);
        assertThat(change.spec().slotsById()).isEqualTo(Map.of("disk/0", 1, "nic/0", 2, "rng/0", 3, "disk/1", 4));
        assertThat(change.spec().disks()).containsExactly(disk("a"), disk("b"));
    }

    @Test
    void shouldLeaveOthersWhereTheyAreWhenOneGoes() {
        VmSpec two = DeviceChange.attach(usual(), disk("b")).spec();

        VmSpec one = DeviceChange.detach(two, "disk/0").orElseThrow().spec();

        assertThat(one.diskIds()).containsExactly("disk/1");
        assertThat(one.disks()).containsExactly(disk("b"));
        assertThat(one.slotsById()).isEqualTo(Map.of("nic/0", 2, "rng/0", 3, "disk/1", 4));
        DeviceChange again = DeviceChange.attach(one, disk("c"));
        assertThat(again.id()).as("the least number that is free").isEqualTo("disk/0");
        assertThat(again.slot()).isEqualTo(1);
        assertThat(again.spec().disks()).containsExactly(disk("c"), disk("b"));
    }

    @Test
    void shouldBeAsBeforeWhenWhatCameIsGone() {
        VmSpec grown = DeviceChange.attach(usual(), nic(2)).spec();

        assertThat(grown.slots()).isNotEmpty();
        VmSpec back = DeviceChange.detach(grown, "nic/1").orElseThrow().spec();
        assertThat(back).isEqualTo(usual());
        assertThat(back.slots()).as("what the order says anyway").isEmpty();
    }

    @Test
    void shouldFindNothingToDetachWhereThereIsNothing() {
        assertThat(DeviceChange.detach(usual(), "disk/1")).isEmpty();
        assertThat(DeviceChange.detach(usual(), "rng/0")).as("not what can go").isEmpty();
    }

    @Test
    void shouldRefuseMoreThanThereMayBeAndTheSameTwice() {
        VmSpec vm = usual();
        assertThatThrownBy(() -> DeviceChange.attach(vm, disk("a"))).hasMessageContaining("san/a twice");
        assertThatThrownBy(() -> DeviceChange.attach(vm, nic(1))).hasMessageContaining("twice");
        VmSpec full = vm;
        for (int i = 2; i <= VmSpec.MAX_NICS; i++) {
            full = DeviceChange.attach(full, nic(i)).spec();
        }
        VmSpec last = full;
        assertThatThrownBy(() -> DeviceChange.attach(last, nic(99))).hasMessageContaining("at most 8");
        assertThatThrownBy(() -> DeviceSlots.free(
                        DeviceSlots.inOrder(31, 0, new TreeSet<>()).values()))
                .hasMessageContaining("at most 31");
    }

    @Test
    void shouldRefuseSlotsThatAreNotTheVms() {
        assertRefused(Map.of("disk/0", 1, "nic/0", 2), "rng/0");
        assertRefused(Map.of("disk/0", 1, "nic/0", 2, "rng/0", 2), "slot of its own");
        assertRefused(Map.of("disk/0", 0, "nic/0", 2, "rng/0", 3), "slot of its own");
        assertRefused(Map.of("disk/0", 32, "nic/0", 2, "rng/0", 3), "slot of its own");
        assertRefused(Map.of("nic/0", 2, "rng/0", 3), "0 ids of kind disk");
        assertRefused(Map.of("disk/0", 1, "disk/1", 5, "nic/0", 2, "rng/0", 3), "2 ids of kind disk");
        assertRefused(Map.of("disk/0", 1, "nic/0", 2, "rng/0", 3, "disk/16", 4), "disk/16");
    }

    private static void assertRefused(Map<String, Integer> slots, String why) {
        assertThatThrownBy(() -> spec(List.of(disk("a")), List.of(nic(1)), new TreeMap<>(slots)))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining(why);
    }

    @Test
    void shouldNeverMoveADeviceWhateverComesAndGoes() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        VmSpec vm = usual();
        Map<String, Object> expected = new HashMap<>(Map.of("disk/0", disk("a"), "nic/0", nic(1)));
        for (int i = 0; i < 5_000; i++) {
            Map<String, Integer> before = vm.slotsById();
            List<String> there = new ArrayList<>(vm.diskIds());
            there.addAll(vm.nicIds());
            if (random.nextBoolean() && !there.isEmpty()) {
                String id = there.get(random.nextInt(there.size()));
                vm = DeviceChange.detach(vm, id).orElseThrow().spec();
                expected.remove(id);
            } else if (random.nextBoolean() && vm.disks().size() < VmSpec.MAX_DISKS) {
                DeviceChange change = DeviceChange.attach(vm, disk("d" + i));
                expected.put(change.id(), disk("d" + i));
                vm = change.spec();
            }
            for (String id : vm.slotsById().keySet()) {
                if (before.containsKey(id)) {
                    assertThat(vm.slotsById().get(id))
                            .as("seed %d, %s", seed, id)
                            .isEqualTo(before.get(id));
                }
            }
            for (int number = 0; number < vm.disks().size(); number++) {
                assertThat(vm.disks().get(number))
                        .isEqualTo(expected.get(vm.diskIds().get(number)));
            }
        }
    }
}
