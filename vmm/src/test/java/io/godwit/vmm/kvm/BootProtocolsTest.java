package io.godwit.vmm.kvm;

import static io.godwit.vmm.kvm.KvmMachines.LIMIT;
import static io.godwit.vmm.kvm.KvmMachines.runToEvent;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.boot.TestElf;
import io.godwit.vmm.boot.TestLinux;
import io.godwit.vmm.boot.TestMultiboot;
import java.nio.file.Path;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Kernels of a few instructions that tell what they were entered with. */
@Timeout(180)
class BootProtocolsTest {
    @TempDir
    Path directory;

    private KvmMachines machines;

    @BeforeEach
    void openKvm() {
        machines = new KvmMachines(directory);
    }

    @AfterEach
    void closeMachines() {
        if (machines != null) {
            machines.close();
        }
    }

    private Machine machine(byte[] kernel) {
        return machines.create(new VmSpec(
                "boot",
                64L << 20,
                1,
                machines.file(kernel).toString(),
                "abcd",
                machines.file(new byte[] {1, 2, 3, 4, 5}).toString(),
                DirtyLogKind.BITMAP,
                new TreeSet<>()));
    }

    private void assertTells(byte[] kernel, int code) throws Exception {
        assertThat(runToEvent(machine(kernel))).isEqualTo(new MachineEvent.DebugExit(code));
    }

    private void linuxTells(Code code, int told) throws Exception {
        assertTells(TestLinux.of(code.exitEax().stop().build()).build(), told);
    }

    private void multibootTells(Code code, int told) throws Exception {
        byte[] bytes = code.exitEax().stop().build();
        assertTells(TestMultiboot.flat(bytes), told);
        assertTells(TestMultiboot.elf(TestElf.elf32(), bytes), told);
    }

    @Test
    void shouldEnterLinuxIn64BitMode() throws Exception {
        // rax = 0x1122334455667788 >> 32
        Code code = new Code().raw(0x48, 0xb8, 0x88, 0x77, 0x66, 0x55, 0x44, 0x33, 0x22, 0x11);
        linuxTells(code.raw(0x48, 0xc1, 0xe8, 0x20), 0x11223344);
    }

    @Test
    void shouldGiveLinuxTheSelectorsItExpectsInATableThatHasThem() throws Exception {
        Code code = new Code()
                .raw(0xbc, 0x00, 0x00, 0x08, 0x00) // mov esp, 0x80000
                .raw(0x8c, 0xc8, 0x50) // mov eax, cs; push rax
                .raw(0x48, 0x8d, 0x05, 0x03, 0x00, 0x00, 0x00, 0x50) // lea rax, [rip + 3]; push rax
                .raw(0x48, 0xcb) // retf: loads cs from the table
                .raw(0x8c, 0xd8, 0x8e, 0xd8, 0x8e, 0xd0) // mov eax, ds; mov ds, eax; mov ss, eax: load those
                .raw(0x8c, 0xc9, 0xc1, 0xe1, 0x08, 0x09, 0xc8); // mov ecx, cs; shl ecx, 8; or eax, ecx
        linuxTells(code, 0x1018);
    }

    @Test
    void shouldGiveLinuxItsCommandLineAndInitrd() throws Exception {
        // eax = [[rsi + 0x228]]; then [[rsi + 0x218]]
        linuxTells(new Code().raw(0x8b, 0x86, 0x28, 0x02, 0x00, 0x00, 0x8b, 0x00), 0x64636261);
        linuxTells(new Code().raw(0x8b, 0x86, 0x18, 0x02, 0x00, 0x00, 0x8b, 0x00), 0x04030201);
    }

    @Test
    void shouldTellLinuxWhereItsMemoryEnds() throws Exception {
        // The third entry of the map: eax = its start + its size.
        Code code = new Code().raw(0x8b, 0x86, 0xf8, 0x02, 0x00, 0x00, 0x03, 0x86, 0x00, 0x03, 0x00, 0x00);
        linuxTells(code, 64 << 20);
    }

    @Test
    void shouldMapAllOfFourGibibytesForLinux() throws Exception {
        // eax = the version in the local APIC, 18 MiB below the end: 0x1X on every CPU of today; its high digit.
        Code code = new Code().raw(0xba, 0x30, 0x00, 0xe0, 0xfe, 0x8b, 0x02, 0x25, 0xf0, 0x00, 0x00, 0x00);
        linuxTells(code, 0x10);
    }

    @Test
    void shouldGiveMultibootKernelsTheMagicNumber() throws Exception {
        multibootTells(new Code(), 0x2badb002);
    }

    @Test
    void shouldGiveMultibootKernelsTheirCommandLineAndModule() throws Exception {
        // eax = [[ebx + 16]]; then [[[ebx + 24]]]
        multibootTells(new Code().raw(0x8b, 0x43, 0x10, 0x8b, 0x00), 0x64636261);
        multibootTells(new Code().raw(0x8b, 0x43, 0x18, 0x8b, 0x00, 0x8b, 0x00), 0x04030201);
    }

    @Test
    void shouldTellMultibootKernelsOfTheirMemory() throws Exception {
        multibootTells(new Code().raw(0x8b, 0x43, 0x08), 63 * 1024); // mem_upper
        // The third entry of the map: ecx = [ebx + 48]; eax = [ecx + 52] + [ecx + 60], its start and its size.
        multibootTells(new Code().raw(0x8b, 0x4b, 0x30, 0x8b, 0x41, 0x34, 0x03, 0x41, 0x3c), 64 << 20);
    }

    @Test
    void shouldBootLinuxAnewOverWhatItLeft() throws Exception {
        Code code = new Code()
                .raw(0x8b, 0x86, 0x28, 0x02, 0x00, 0x00) // mov eax, [rsi + 0x228]
                .raw(0x8b, 0x08) // mov ecx, [rax]: the command line
                .raw(0xc7, 0x00, 0x00, 0x00, 0x00, 0x00) // mov dword [rax], 0
                .raw(0xc7, 0x86, 0x28, 0x02, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00) // mov dword [rsi + 0x228], 0
                .raw(0x0f, 0x20, 0xd8) // mov rax, cr3
                .raw(0xc7, 0x80, 0x08, 0x10, 0x00, 0x00, 0x00, 0x00, 0x00, 0x00) // the second GiB is gone
                .raw(0x89, 0xc8); // mov eax, ecx
        Machine machine = machine(TestLinux.of(code.exitEax().stop().build()).build());
        for (int round = 0; round < 2; round++) {
            assertThat(runToEvent(machine)).isEqualTo(new MachineEvent.DebugExit(0x64636261));
            await().atMost(LIMIT).until(() -> machine.vcpus().get(0).isPaused());
        }
    }
}
