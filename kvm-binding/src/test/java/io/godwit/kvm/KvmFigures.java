package io.godwit.kvm;

import static io.godwit.kvm.TestVm.bytes;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import java.util.Arrays;

/** Prints what the binding costs on this host; run by hand, its figures are no test. */
final class KvmFigures {
    private KvmFigures() {}

    public static void main(String[] args) {
        exitRoundTrip();
        pauseLatency();
        startAndState();
        dirtyLog(DirtyLogMechanism.BITMAP);
        dirtyLog(DirtyLogMechanism.RING);
        memory();
        System.exit(0);
    }

    private static void exitRoundTrip() {
        byte[] out = bytes(0xba, 0x00, 0x02, 0x00, 0x00, 0xee, 0xeb, 0xfd); // mov edx, 0x200; out dx, al; jmp out
        try (TestVm vm = new TestVm("figures-exit")) {
            vm.load(TestVm.CODE, out).enter32();
            KvmVcpu vcpu = vm.vm.createVcpu(1);
            vcpu.setCpuid(vm.vcpu().cpuid());
            vcpu.setMpState(MpState.RUNNABLE);
            vcpu.setSpecialRegisters(vm.vcpu().specialRegisters());
            vcpu.setRegisters(vm.vcpu().registers());
            for (int round = 0; round < 5; round++) {
                int exits = 100_000;
                long start = System.nanoTime();
                for (int i = 0; i < exits; i++) {
                    vcpu.run();
                }
                print("port exit round trip, ns", (System.nanoTime() - start) / exits);
            }
        }
    }

    private static void pauseLatency() {
        try (TestVm vm = new TestVm("figures-pause")) {
            vm.load(TestVm.CODE, bytes(0xeb, 0xfe)).enterUser64();
            long[] nanos = new long[3_000];
            for (int i = 0; i < nanos.length; i++) {
                vm.resume();
                long spin = System.nanoTime() + 200_000;
                while (System.nanoTime() < spin) {
                    Thread.onSpinWait();
                }
                long start = System.nanoTime();
                vm.pause();
                nanos[i] = System.nanoTime() - start;
            }
            long[] warm = Arrays.copyOfRange(nanos, 500, nanos.length);
            Arrays.sort(warm);
            print("pause of a busy vCPU p50, us", warm[warm.length / 2] / 1000);
            print("pause of a busy vCPU p99, us", warm[warm.length * 99 / 100] / 1000);
            print("pause of a busy vCPU max, us", warm[warm.length - 1] / 1000);
            print("pause, first of the process, us", nanos[0] / 1000);
        }
    }

    private static void startAndState() {
        try (TestVm source = new TestVm("figures-state")) {
            source.load(TestVm.CODE, bytes(0xeb, 0xfe)).enterUser64();
            for (int round = 0; round < 5; round++) {
                int saves = 200;
                long start = System.nanoTime();
                for (int i = 0; i < saves; i++) {
                    source.vcpu().saveState();
                }
                print("vCPU save, us", (System.nanoTime() - start) / saves / 1000);
            }
            VcpuState state = source.vcpu().saveState();
            print("vCPU state, bytes", state.toBytes().length);
            for (int round = 0; round < 20; round++) {
                long start = System.nanoTime();
                try (TestVm target = new TestVm("figures-target")) {
                    long made = System.nanoTime();
                    target.vcpu().restoreState(state);
                    long restored = System.nanoTime();
                    target.vm.restoreState(source.vm.saveState());
                    long vm = System.nanoTime();
                    if (round % 5 == 4) {
                        print("VM with one vCPU made, us", (made - start) / 1000);
                        print("vCPU restore, us", (restored - made) / 1000);
                        print("VM save and restore, us", (vm - restored) / 1000);
                    }
                }
            }
        }
    }

    private static void dirtyLog(DirtyLogMechanism mechanism) {
        byte[] sweep = bytes(
                0xbf, 0x00, 0x00, 0x40, 0x00, 0xff, 0x07, 0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, 0x81, 0xff, 0x00, 0x00,
                0x00, 0x04, 0x72, 0xf0, 0xeb, 0xe9); // increments a word in each page from 4 to 64 MiB
        try (TestVm vm = new TestVm("figures-log", 1L << 30, mechanism, 8192, 1)) {
            vm.load(TestVm.CODE, sweep).enterUser64();
            DirtyLog log = vm.vm.dirtyLog();
            PageBitmap pages = new PageBitmap((1L << 30) / GuestLayout.PAGE_SIZE);
            long start = System.nanoTime();
            log.enable();
            print(mechanism + " enable 1 GiB, us", (System.nanoTime() - start) / 1000);
            start = System.nanoTime();
            log.harvest(pages);
            print(mechanism + " first harvest, us", (System.nanoTime() - start) / 1000);
            vm.resume();
            long[] nanos = new long[200];
            long found = 0;
            for (int i = 0; i < nanos.length; i++) {
                pages.clearAll();
                start = System.nanoTime();
                found += log.harvest(pages);
                nanos[i] = System.nanoTime() - start;
            }
            vm.pause();
            Arrays.sort(nanos);
            print(mechanism + " harvest of a running guest p50, us", nanos[nanos.length / 2] / 1000);
            print(mechanism + " harvest of a running guest max, us", nanos[nanos.length - 1] / 1000);
            print(mechanism + " pages per harvest", found / nanos.length);
            long[] idle = new long[200];
            for (int i = 0; i < idle.length; i++) {
                start = System.nanoTime();
                log.harvest(pages);
                idle[i] = System.nanoTime() - start;
            }
            Arrays.sort(idle);
            print(mechanism + " harvest with nothing dirty p50, us", idle[100] / 1000);
            start = System.nanoTime();
            log.disable();
            print(mechanism + " disable, us", (System.nanoTime() - start) / 1000);
        }
    }

    private static void memory() {
        try (GuestMemory memory = GuestMemory.create("godwit:figures", GuestLayout.ofSize(256L << 20));
                GuestMemory.Lease lease = memory.lease()) {
            for (int round = 0; round < 6; round++) {
                long start = System.nanoTime();
                int zero = 0;
                for (long at = 0; at < memory.layout().sizeBytes(); at += GuestLayout.PAGE_SIZE) {
                    zero += lease.isZero(at, GuestLayout.PAGE_SIZE) ? 1 : 0;
                }
                long nanos = System.nanoTime() - start;
                print(
                        "zero scan by page, MB/s (" + zero + " pages)",
                        memory.layout().sizeBytes() * 1000 / nanos);
            }
            int leases = 10_000_000;
            for (int round = 0; round < 3; round++) {
                long start = System.nanoTime();
                long sum = 0;
                for (int i = 0; i < leases; i++) {
                    try (GuestMemory.Lease each = memory.lease()) {
                        sum += each.getLong(0);
                    }
                }
                print("lease, read, return, ps" + (sum == 0 ? "" : " "), (System.nanoTime() - start) * 1000 / leases);
            }
        }
    }

    private static void print(String what, long value) {
        System.out.printf("%-50s %,d%n", what, value);
    }
}
