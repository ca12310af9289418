package io.godwit.kvm;

import static io.godwit.kvm.TestVm.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.linux.EventFd;
import io.godwit.kvm.memory.GuestMemory;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class KvmExitTest {
    @Test
    void shouldTellMemoryWritesWithWidthAndValue() {
        byte[] code = bytes(
                0xb8, 0x44, 0x33, 0x22, 0x11, // mov eax, 0x11223344
                0xa3, 0x00, 0x00, 0x00, 0x10, // mov [0x10000000], eax
                0x66, 0xa3, 0x06, 0x00, 0x00, 0x10, // mov [0x10000006], ax
                0xa2, 0x09, 0x00, 0x00, 0x10, // mov [0x10000009], al
                0xf4);
        try (TestVm vm = new TestVm("mmio-write")) {
            vm.load(TestVm.CODE, code).enter32().resume();
            vm.awaitExit(new VcpuExit.MmioWrite(TestVm.MMIO + 9, 1, 0x44));
            assertThat(vm.exits)
                    .containsExactly(
                            new VcpuExit.MmioWrite(TestVm.MMIO, 4, 0x11223344),
                            new VcpuExit.MmioWrite(TestVm.MMIO + 6, 2, 0x3344),
                            new VcpuExit.MmioWrite(TestVm.MMIO + 9, 1, 0x44));
        }
    }

    @Test
    void shouldCarryEveryByteOfStringOutput() {
        byte[] code = bytes(
                0xbe, 0x00, 0x20, 0x00, 0x00, // mov esi, 0x2000
                0xb9, 0x0d, 0x00, 0x00, 0x00, // mov ecx, 13
                0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
                0xf3, 0x6e, // rep outsb
                0xba, 0x01, 0x02, 0x00, 0x00, // mov edx, 0x201
                0xee, // out dx, al
                0xf4);
        StringBuilder text = new StringBuilder();
        try (TestVm vm = new TestVm("outs")) {
            vm.load(TestVm.CODE, code)
                    .load(0x2000, "bar-tailed, 7".getBytes(StandardCharsets.US_ASCII))
                    .enter32();
            vm.onExit = (vcpu, exit) -> {
                VcpuExit.PortOut out = (VcpuExit.PortOut) exit;
                for (int i = 0; out.port() == 0x200 && i < out.count(); i++) {
                    text.append((char) vcpu.portValue(i));
                }
                return out.port() == 0x200;
            };
            vm.resume();
            vm.awaitPaused();
            assertThat(text.toString()).isEqualTo("bar-tailed, 7");
        }
    }

    @Test
    void shouldAnswerEveryElementOfStringInput() {
        byte[] code = bytes(
                0xbf, 0x00, 0x20, 0x00, 0x00, // mov edi, 0x2000
                0xb9, 0x05, 0x00, 0x00, 0x00, // mov ecx, 5
                0xba, 0x00, 0x01, 0x00, 0x00, // mov edx, 0x100
                0xf3, 0x66, 0x6d, // rep insw
                0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
                0xee, // out dx, al
                0xf4);
        int[] next = {100};
        try (TestVm vm = new TestVm("ins")) {
            vm.load(TestVm.CODE, code).enter32();
            vm.onExit = (vcpu, exit) -> {
                if (exit instanceof VcpuExit.PortIn in) {
                    for (int i = 0; i < in.count(); i++) {
                        vcpu.answerPort(i, next[0]++);
                    }
                    assertThatThrownBy(() -> vcpu.answerPort(in.count(), 1)).hasMessageContaining("no value");
                    return true;
                }
                return false;
            };
            vm.resume();
            vm.awaitPaused();
            try (GuestMemory.Lease lease = vm.memory.lease()) {
                for (int i = 0; i < 5; i++) {
                    assertThat(lease.getShort(0x2000 + 2 * i)).isEqualTo((short) (100 + i));
                }
            }
        }
    }

    @Test
    void shouldAnswerAllOnesWhereNoDeviceDoes() {
        byte[] code = bytes(
                0xba, 0x00, 0x01, 0x00, 0x00, // mov edx, 0x100
                0xed, // in eax, dx
                0x8b, 0x1d, 0x00, 0x00, 0x00, 0x10, // mov ebx, [0x10000000]
                0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
                0xef, // out dx, eax
                0xf4);
        try (TestVm vm = new TestVm("floating")) {
            vm.load(TestVm.CODE, code).enter32();
            vm.onExit = (vcpu, exit) -> !(exit instanceof VcpuExit.PortOut);
            vm.resume();
            vm.awaitPaused();
            assertThat(vm.saveVcpu().registers().get(Register.RAX)).isEqualTo(0xffff_ffffL);
            assertThat(vm.saveVcpu().registers().get(Register.RBX)).isEqualTo(0xffff_ffffL);
        }
    }

    @Test
    void shouldReportATripleFaultAsShutdown() {
        try (TestVm vm = new TestVm("triple-fault")) {
            vm.load(TestVm.CODE, bytes(0x0f, 0x0b)).enter32(); // ud2, and no interrupt table
            vm.onExit = (vcpu, exit) -> false;
            vm.resume();
            vm.awaitPaused();
            assertThat(vm.exits).containsExactly(new VcpuExit.Shutdown());
        }
    }

    @Test
    void shouldReportCodeThatCannotBeFetchedAsInternalError() {
        try (TestVm vm = new TestVm("no-code")) {
            vm.load(TestVm.CODE, bytes(0xe9, 0xfb, 0xef, 0xff, 0x0f)).enter32(); // jmp 0x10000000, where no RAM is
            vm.onExit = (vcpu, exit) -> false;
            vm.resume();
            vm.awaitPaused();
            assertThat(vm.exits).singleElement().isInstanceOf(VcpuExit.InternalError.class);
        }
    }

    @Test
    void shouldSignalAnEventInsteadOfLeavingTheGuest() {
        byte[] code = bytes(
                0xb8, 0x07, 0x00, 0x00, 0x00, // mov eax, 7
                0xba, 0x00, 0x04, 0x00, 0x00, // mov edx, 0x400
                0x66, 0xef, // out dx, ax
                0x66, 0xa3, 0x00, 0x00, 0x00, 0x10, // mov [0x10000000], ax
                0x40, // inc eax
                0x66, 0xa3, 0x00, 0x00, 0x00, 0x10, // mov [0x10000000], ax
                0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
                0xef, // out dx, eax
                0xf4);
        IoEventAddress port = IoEventAddress.onPort(0x400, 2);
        IoEventAddress doorbell = IoEventAddress.onMemory(TestVm.MMIO, 2).matching(7);
        try (TestVm vm = new TestVm("ioeventfd");
                EventFd ofPort = EventFd.create("port event");
                EventFd ofMemory = EventFd.create("memory event")) {
            vm.vm.assignIoEventFd(ofPort, port);
            vm.vm.assignIoEventFd(ofMemory, doorbell);
            vm.load(TestVm.CODE, code).enter32();
            vm.onExit = (vcpu, exit) -> !(exit instanceof VcpuExit.PortOut);
            vm.resume();
            vm.awaitPaused();
            assertThat(ofPort.drain()).isEqualTo(1);
            assertThat(ofPort.drain()).isZero();
            assertThat(ofMemory.drain()).isEqualTo(1);
            // Only the write of another value than 7 left the guest.
            assertThat(vm.exits)
                    .containsExactly(
                            new VcpuExit.MmioWrite(TestVm.MMIO, 2, 8), new VcpuExit.PortOut(TestVm.PORT, 4, 1, 8));
            vm.vm.deassignIoEventFd(ofPort, port);
            vm.vm.deassignIoEventFd(ofMemory, doorbell);
            assertThatThrownBy(() -> vm.vm.deassignIoEventFd(ofPort, port))
                    .isInstanceOf(KvmException.class)
                    .hasMessageContaining("KVM_IOEVENTFD");
        }
    }

    @Test
    void shouldInterruptTheGuestByIrqfdAndByLine() {
        byte[] code = bytes(
                0xb0, 0x11, 0xe6, 0x20, // PIC: begin initialization
                0xb0, 0x20, 0xe6, 0x21, // vectors from 0x20
                0xb0, 0x04, 0xe6, 0x21, // slave on line 2
                0xb0, 0x01, 0xe6, 0x21, // 8086 mode
                0xb0, 0xdf, 0xe6, 0x21, // all but line 5 masked
                0xfb, // sti
                0xba, 0x00, 0x02, // mov dx, 0x200
                0xee, // out dx, al
                0xf4, // hlt
                0xeb, 0xfd); // jmp hlt
        byte[] onInterrupt = bytes(
                0xb0, 0x20, 0xe6, 0x20, // end of interrupt
                0xba, 0x00, 0x03, // mov dx, 0x300
                0xee, // out dx, al
                0xcf); // iret
        try (TestVm vm = new TestVm("irqfd");
                EventFd event = EventFd.create("interrupt")) {
            vm.load(TestVm.CODE, code).load(0x3000, onInterrupt).enter16();
            try (GuestMemory.Lease lease = vm.memory.lease()) {
                lease.putInt(0x25 * 4, 0x3000); // real-mode vector of line 5
            }
            vm.vm.assignIrqfd(event, 5);
            vm.resume();
            vm.awaitExit(new VcpuExit.PortOut(0x200, 1, 1, 0xdf));
            for (int i = 1; i <= 10; i++) {
                event.signal();
                awaitInterrupts(vm, i);
            }
            vm.vm.deassignIrqfd(event, 5);
            vm.vm.irqLine(5, true);
            vm.vm.irqLine(5, false);
            awaitInterrupts(vm, 11);
        }
    }

    private static void awaitInterrupts(TestVm vm, int count) {
        VcpuExit interrupt = new VcpuExit.PortOut(0x300, 1, 1, 0x20);
        Awaitility.await()
                .atMost(10, TimeUnit.SECONDS)
                .pollInterval(1, TimeUnit.MILLISECONDS)
                .until(() -> vm.exits.stream().filter(interrupt::equals).count() == count);
    }
}
