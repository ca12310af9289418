package io.godwit.vmm.device.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineEvent;
import org.junit.jupiter.api.Test;

class SystemPortsTest {
    @Test
    void shouldReportTheWholeCodeWrittenToDebugExit() {
        assertThat(new DebugExitPort().write(0, 4, 0x1234_5678)).isEqualTo(new MachineEvent.DebugExit(0x1234_5678));
    }

    @Test
    void shouldReportAPanicUnlessACrashKernelTakesOver() {
        PanicPort port = new PanicPort("vm");
        assertThat(port.read(0, 1)).isEqualTo(3);
        assertThat(port.write(0, 1, 0)).isNull();
        assertThat(port.write(0, 1, 2)).as("the guest goes on").isNull();
        assertThat(port.write(0, 1, 1)).isEqualTo(new MachineEvent.Panicked());
    }

    @Test
    void shouldResetOnlyOnThePulseCommand() {
        KeyboardController keyboard = new KeyboardController();
        assertThat(keyboard.read(0, 1)).isZero();
        assertThat(keyboard.write(0, 1, 0xaa)).isNull();
        assertThat(keyboard.write(0, 1, 0xfe)).isInstanceOf(MachineEvent.ResetRequested.class);
    }

    @Test
    void shouldResetWhenTheCpuBitRisesAndKeepItAcrossSaving() {
        ResetControl control = new ResetControl();
        assertThat(control.write(0, 1, 0x02)).isNull();
        ResetControl other = new ResetControl();
        other.restore(control.save());
        assertThat(other.read(0, 1)).isEqualTo(0x02);
        assertThat(other.write(0, 1, 0x06)).isInstanceOf(MachineEvent.ResetRequested.class);
        assertThat(other.write(0, 1, 0x06)).isNull();
    }

    @Test
    void shouldRefuseARegisterValueThatCannotBe() {
        assertThatThrownBy(() ->
                        new ResetControl().restore(new ComponentState(ResetControl.ID, 1, new byte[] {(byte) 0xff})))
                .hasMessage("reset-control: register is 255, accepted are 0 to 14");
    }
}
