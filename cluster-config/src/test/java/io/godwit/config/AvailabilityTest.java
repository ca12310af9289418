package io.godwit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.VolumeRef;
import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class AvailabilityTest {
    private static final Availability STATELESS = new Availability(true, AutoRestart.NEVER, 50, true);
    private static final Availability NO_HA = new Availability(false, AutoRestart.NEVER, 50, false);

    @Test
    void shouldMoveAVmWhoseWrittenDisksAreAllShared() {
        assertThat(isMovable(Availability.USUAL, disk("shared/a", false), disk("local/seed", true)))
                .isTrue();
        assertThat(isMovable(Availability.USUAL, disk("shared/a", false), disk("local/b", false)))
                .isFalse();
    }

    @Test
    void shouldLeaveAVmThatWritesNoDiskWithItsHostUnlessItIsStateless() {
        assertThat(isMovable(Availability.USUAL)).isFalse();
        assertThat(isMovable(Availability.USUAL, disk("shared/a", true))).isFalse();
        assertThat(isMovable(STATELESS)).isTrue();
    }

    @Test
    void shouldLeaveAVmWithItsHostWhereAnOperatorSaidSo() {
        assertThat(isMovable(NO_HA, disk("shared/a", false))).isFalse();
    }

    @Test
    void shouldKeepTheAvailabilityOfAVmWhoseDevicesChange() {
        VmSpec stateless = spec().with(STATELESS);

        assertThat(stateless
                        .with(List.of(disk("shared/a", false)), List.of(), stateless.slots())
                        .availability())
                .isEqualTo(STATELESS);
    }

    @Test
    void shouldRefuseAPriorityOutOfRange() {
        for (int priority : new int[] {-1, 101}) {
            assertThatThrownBy(() -> new Availability(false, AutoRestart.NEVER, priority, true))
                    .isInstanceOf(InvalidValueException.class)
                    .hasMessage("priority: \"" + priority + "\" is not accepted; expected 0 to 100");
        }
    }

    private static boolean isMovable(Availability availability, DiskSpec... disks) {
        return spec(disks).with(availability).isMovable("shared"::equals);
    }

    private static DiskSpec disk(String volume, boolean readOnly) {
        return new DiskSpec(VolumeRef.parse("volume", volume), readOnly, CacheMode.WRITEBACK, 1);
    }

    private static VmSpec spec(DiskSpec... disks) {
        return new VmSpec(
                "db",
                64 << 20,
                1,
                "/k",
                "",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>(),
                Arrays.asList(disks),
                List.of(),
                new TreeSet<>());
    }
}
