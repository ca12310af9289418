package io.godwit.kvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class GsiRoutingTest {
    private static final int IO_APIC = 2;

    /** {@code struct kvm_irqchip}: chip_id u32, pad u32, then {@code kvm_ioapic_state}, whose irr is at 16. */
    private static final int REQUESTS_AT = 8 + 16;

    private static int ioApicRequests(KvmVm vm) {
        byte[] state = vm.saveState().irqchip(IO_APIC);
        return ByteBuffer.wrap(state).order(ByteOrder.LITTLE_ENDIAN).getInt(REQUESTS_AT);
    }

    @Test
    void shouldBringEveryLineToTheInputThatFirmwareTablesTell() {
        try (TestVm vm = new TestVm("routing")) {
            for (int gsi = 0; gsi < 24; gsi++) {
                int idle = ioApicRequests(vm.vm);
                vm.vm.irqLine(gsi, true);
                int raised = ioApicRequests(vm.vm) & ~idle;
                vm.vm.irqLine(gsi, false);
                int expected = gsi == 0 ? 1 << 2 : gsi == 2 ? 0 : 1 << gsi;
                assertThat(raised).as("line %d", gsi).isEqualTo(expected);
            }
        }
    }
}
