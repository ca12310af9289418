package io.godwit.vmm.device.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.state.StateWriter;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class PowerManagementTest {
    private static final int STATUS = 0;
    private static final int ENABLE = 2;
    private static final int CONTROL = 4;
    private static final int TIMER = 8;
    private static final int POWER_BUTTON = 0x100;

    private final List<Boolean> levels = new ArrayList<>();
    private long nowNs = 1_000;
    private final PowerManagement power = new PowerManagement(levels::add, () -> nowNs);

    @Test
    void shouldRaiseTheInterruptForThePowerButtonWhenTheGuestListens() {
        power.pressPowerButton();
        assertThat(power.read(STATUS, 2)).isEqualTo(POWER_BUTTON);
        assertThat(levels).as("not listened to").isEmpty();
        power.write(ENABLE, 2, POWER_BUTTON);
        assertThat(levels).containsExactly(true);
        power.write(STATUS, 2, POWER_BUTTON);
        assertThat(power.read(STATUS, 2)).isZero();
        assertThat(levels).containsExactly(true, false);
        power.pressPowerButton();
        assertThat(levels).containsExactly(true, false, true);
    }

    @Test
    void shouldKeepTheStatusThatTheGuestDoesNotClear() {
        power.pressPowerButton();
        power.write(STATUS, 2, 0xffff & ~POWER_BUTTON);
        assertThat(power.read(STATUS, 4)).isEqualTo(POWER_BUTTON);
        power.write(STATUS, 4, 0xffff_ffffL);
        assertThat(power.read(STATUS, 4))
                .as("cleared, and only known bits enabled")
                .isEqualTo(0x0520_0000);
    }

    /** As Linux's driver of the real-time clock does, which complains otherwise. */
    @Test
    void shouldShowTheClocksEventEnabledThoughNothingRaisesIt() {
        power.write(ENABLE, 2, 1 << 10);
        assertThat(power.read(ENABLE, 2)).isEqualTo(1 << 10);
        assertThat(power.read(STATUS, 2)).isZero();
        assertThat(levels).isEmpty();
    }

    @Test
    void shouldPowerOffOnTheTypeOfS5Only() {
        for (int type = 0; type < 8; type++) {
            MachineEvent event = power.write(CONTROL, 2, type << 10 | 1 << 13);
            assertThat(event != null).as("type %d", type).isEqualTo(type == 5);
            assertThat(power.read(CONTROL, 2)).as("enable reads 0").isEqualTo(type << 10 | 1);
        }
        assertThat(power.write(CONTROL, 2, 5 << 10)).as("without enable").isNull();
        assertThat(power.write(CONTROL + 1, 1, 5 << 2 | 1 << 5)).isEqualTo(new MachineEvent.PoweredOff());
    }

    @Test
    void shouldCountAt3579545HzAndWrapAt32Bits() {
        assertThat(power.read(TIMER, 4)).isZero();
        nowNs += 1_000_000_000;
        assertThat(power.read(TIMER, 4)).isEqualTo(3_579_545);
        power.write(TIMER, 4, 0);
        assertThat(power.read(TIMER, 4)).as("cannot be set").isEqualTo(3_579_545);
        nowNs += 3_000_000L * 1_000_000_000;
        assertThat(power.read(TIMER, 4)).isEqualTo(3_000_001L * 3_579_545 & 0xffff_ffffL);
    }

    @Test
    void shouldGoOnElsewhereWithItsTimerAndItsInterrupt() {
        power.write(ENABLE, 2, POWER_BUTTON);
        power.write(CONTROL, 2, 3 << 10);
        power.pressPowerButton();
        nowNs += 2_000_000_000;
        List<Boolean> there = new ArrayList<>();
        PowerManagement restored = new PowerManagement(there::add, () -> 77);
        restored.restore(power.save());
        assertThat(there).containsExactly(true);
        assertThat(restored.read(TIMER, 4)).isEqualTo(2 * 3_579_545);
        assertThat(restored.read(STATUS, 4)).isEqualTo(POWER_BUTTON << 16 | POWER_BUTTON);
        assertThat(restored.read(CONTROL, 2)).isEqualTo(3 << 10 | 1);
        restored.reset();
        assertThat(there).containsExactly(true, false);
        assertThat(restored.read(STATUS, 4)).isZero();
        assertThat(restored.read(TIMER, 4)).isZero();
    }

    @Test
    void shouldRefuseStatesThatCannotBe() {
        assertRefused(0x200, 0, 0, 0, "power-management: status is 0x200, accepted are bits of 0x100");
        assertRefused(0, 1, 0, 0, "power-management: enable is 0x1, accepted are bits of 0x520");
        assertRefused(0, 0, 0x2000, 0, "power-management: control is 0x2000, accepted are bits of 0x1c02");
        assertRefused(0, 0, 0, -1, "power-management: timer is -1 ns, accepted are 0 and more");
    }

    private void assertRefused(int status, int enable, int control, long timer, String message) {
        StateWriter writer = new StateWriter().u16(status).u16(enable).u16(control);
        byte[] bytes = writer.u64(timer).toBytes();
        assertThatThrownBy(() -> power.restore(new ComponentState(PowerManagement.ID, 1, bytes)))
                .isInstanceOf(MachineException.class)
                .hasMessage(message);
        assertThat(levels).isEmpty();
    }
}
