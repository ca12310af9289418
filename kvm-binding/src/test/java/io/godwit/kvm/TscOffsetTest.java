package io.godwit.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class TscOffsetTest {
    private static final int HOST_KHZ = 2_000_000;

    @Test
    void shouldCallAGuestScaledBeyondTheKernelsTolerance() {
        assertThat(TscOffset.isScaled(HOST_KHZ, HOST_KHZ)).isFalse();
        assertThat(TscOffset.isScaled(HOST_KHZ + 500, HOST_KHZ)).isFalse();
        assertThat(TscOffset.isScaled(HOST_KHZ - 500, HOST_KHZ)).isFalse();
        assertThat(TscOffset.isScaled(HOST_KHZ + 501, HOST_KHZ)).isTrue();
        assertThat(TscOffset.isScaled(HOST_KHZ - 501, HOST_KHZ)).isTrue();
        assertThat(TscOffset.isScaled(2 * HOST_KHZ, HOST_KHZ)).isTrue();
        assertThat(TscOffset.isScaled(Integer.MIN_VALUE, HOST_KHZ)).isTrue();
        assertThat(TscOffset.isScaled(0, HOST_KHZ)).isTrue();
    }

    @Test
    void shouldUseAnOffsetOnlyWhereThisHostNeedNotScale() {
        VcpuState state = new VcpuState(
                new CpuidTable(List.of()), HOST_KHZ, OptionalLong.of(-7), new EnumMap<>(VcpuPart.class), Map.of());
        assertThat(TscOffset.usable(state, HOST_KHZ)).hasValue(-7);
        assertThat(TscOffset.usable(state, HOST_KHZ + 100)).hasValue(-7);
        assertThat(TscOffset.usable(state, 2 * HOST_KHZ)).isEmpty();
    }
}
