package io.godwit.kvm;

import static io.godwit.kvm.TestVm.bytes;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.kvm.memory.PageBitmap;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class DirtyLogTest {
    private static final long LIST = 0x30_0000;
    private static final long RAM = 64L << 20;
    private static final int FIRST_PAGE = 1024;
    private static final int PAGES = (int) (RAM / GuestLayout.PAGE_SIZE);

    /** Writes a long to each address of a zero-terminated list at LIST, in 32-bit mode, then leaves by the port. */
    private static final byte[] WRITE_LIST_32 = bytes(
            0xbe, 0x00, 0x00, 0x30, 0x00, // mov esi, LIST
            0xad, // lodsd
            0x85, 0xc0, // test eax, eax
            0x74, 0x04, // jz done
            0x89, 0x00, // mov [eax], eax
            0xeb, 0xf7, // jmp lodsd
            0xba, 0x00, 0x02, 0x00, 0x00, // mov edx, 0x200
            0xef, // out dx, eax
            0xeb, 0xea); // jmp start

    /** The same in 64-bit user mode, which leaves by a write to a device's memory. */
    private static final byte[] WRITE_LIST_64 = bytes(
            0xbe, 0x00, 0x00, 0x30, 0x00, // mov esi, LIST
            0xad, // lodsd
            0x85, 0xc0, // test eax, eax
            0x74, 0x04, // jz done
            0x89, 0x00, // mov [rax], eax
            0xeb, 0xf7, // jmp lodsd
            0xba, 0x00, 0x00, 0x00, 0x10, // mov edx, 0x10000000
            0x89, 0x02, // mov [rdx], eax
            0xeb, 0xe9); // jmp start

    @ParameterizedTest
    @EnumSource(DirtyLogMechanism.class)
    void shouldFindExactlyThePagesThatTheGuestWrote(DirtyLogMechanism mechanism) {
        try (TestVm vm = vm("exact-" + mechanism, mechanism)) {
            vm.load(TestVm.CODE, WRITE_LIST_32).enter32();
            shouldFindExactlyWhatWasWritten(vm);
        }
    }

    @ParameterizedTest
    @EnumSource(DirtyLogMechanism.class)
    void shouldFindExactlyThePagesThatUserCodeWrote(DirtyLogMechanism mechanism) {
        try (TestVm vm = vm("user-" + mechanism, mechanism)) {
            vm.load(TestVm.CODE, WRITE_LIST_64).enterUser64();
            shouldFindExactlyWhatWasWritten(vm);
            assertThat(overflows(vm.vm.dirtyLog())).isZero();
        }
    }

    private static void shouldFindExactlyWhatWasWritten(TestVm vm) {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        DirtyLog log = vm.vm.dirtyLog();
        vm.onExit = (vcpu, exit) -> false;
        log.enable();
        log.harvest(new PageBitmap(PAGES));
        for (int round = 0; round < 20; round++) {
            TreeSet<Long> written = new TreeSet<>();
            int count = random.nextInt(3000); // more than a ring of 1024 holds
            for (int i = 0; i < count; i++) {
                written.add((long) FIRST_PAGE + random.nextInt(PAGES - FIRST_PAGE));
            }
            writeList(vm, written);
            long overflowsBefore = overflows(log);
            vm.resume();
            vm.awaitPaused();
            PageBitmap dirty = new PageBitmap(PAGES);
            long found = log.harvest(dirty);
            TreeSet<Long> seen = new TreeSet<>();
            for (long page = dirty.nextSet(0); page >= 0; page = dirty.nextSet(page + 1)) {
                seen.add(page);
            }
            if (overflows(log) > overflowsBefore) {
                assertThat(found).isEqualTo(PAGES); // emulated code outran the ring: everything counts as written
            } else {
                assertThat(seen).isEqualTo(written);
                assertThat(found).isEqualTo(written.size());
            }
        }
        log.disable();
        writeList(vm, new TreeSet<>(java.util.List.of(2000L)));
        vm.resume();
        vm.awaitPaused();
        assertThatThrownBy(() -> log.harvest(new PageBitmap(PAGES))).hasMessageContaining("is off");
    }

    private static long overflows(DirtyLog log) {
        return log instanceof RingDirtyLog rings ? rings.overflows() : 0;
    }

    private static TestVm vm(String name, DirtyLogMechanism mechanism) {
        return new TestVm(name, RAM, mechanism, 1024, 1);
    }

    private static void writeList(TestVm vm, TreeSet<Long> pages) {
        try (GuestMemory.Lease lease = vm.memory.lease()) {
            long at = LIST;
            for (long page : pages) {
                lease.putInt(at, (int) (page * GuestLayout.PAGE_SIZE));
                at += 4;
            }
            lease.putInt(at, 0);
        }
    }

    @ParameterizedTest
    @EnumSource(DirtyLogMechanism.class)
    void shouldLoseNoPageWhenHarvestedWhileTheGuestRuns(DirtyLogMechanism mechanism) {
        byte[] sweep = bytes(
                0xbf, 0x00, 0x00, 0x40, 0x00, // mov edi, 4 MiB
                0xff, 0x07, // inc dword [rdi]
                0x81, 0xc7, 0x00, 0x10, 0x00, 0x00, // add edi, 4096
                0x81, 0xff, 0x00, 0x00, 0x00, 0x04, // cmp edi, 64 MiB
                0x72, 0xf0, // jb inc
                0xeb, 0xe9); // jmp start
        try (TestVm vm = vm("sweep-" + mechanism, mechanism);
                GuestMemory.Lease lease = vm.memory.lease()) {
            vm.load(TestVm.CODE, sweep).enterUser64();
            DirtyLog log = vm.vm.dirtyLog();
            log.enable();
            log.harvest(new PageBitmap(PAGES));
            int[] copy = new int[PAGES];
            for (int page = FIRST_PAGE; page < PAGES; page++) {
                copy[page] = lease.getInt((long) page * GuestLayout.PAGE_SIZE);
            }
            vm.resume();
            for (int round = 0; round < 50; round++) {
                copyDirty(log, lease, copy);
            }
            // Until the guest has written every page a few times.
            Awaitility.await().atMost(60, TimeUnit.SECONDS).until(() -> {
                copyDirty(log, lease, copy);
                return lease.getInt(RAM - GuestLayout.PAGE_SIZE) > 3;
            });
            vm.pause();
            copyDirty(log, lease, copy);
            for (int page = FIRST_PAGE; page < PAGES; page++) {
                assertThat(copy[page]).as("page %d", page).isEqualTo(lease.getInt((long) page * GuestLayout.PAGE_SIZE));
            }
            assertThat(vm.failures).isEmpty();
            assertThat(vm.exits).isEmpty();
        }
    }

    private static void copyDirty(DirtyLog log, GuestMemory.Lease lease, int[] copy) {
        PageBitmap dirty = new PageBitmap(PAGES);
        log.harvest(dirty);
        for (long page = dirty.nextSet(0); page >= 0; page = dirty.nextSet(page + 1)) {
            copy[(int) page] = lease.getInt(page * GuestLayout.PAGE_SIZE);
        }
    }

    @Test
    void shouldCountThePagesOfEachVcpuAndTheStopsOfAFullRing() {
        try (TestVm vm = vm("counted", DirtyLogMechanism.RING)) {
            vm.load(TestVm.CODE, WRITE_LIST_64).enterUser64();
            vm.onExit = (vcpu, exit) -> false;
            vm.vm.dirtyLog().enable();
            TreeSet<Long> pages = new TreeSet<>();
            for (long page = 2000; page < 6000; page++) {
                pages.add(page);
            }
            writeList(vm, pages);
            vm.resume();
            vm.awaitPaused();
            vm.vm.dirtyLog().harvest(new PageBitmap(PAGES));
            // A write that found the ring full is logged again when it is repeated.
            assertThat(vm.vm.dirtyLog().pagesByVcpu()).hasSize(1);
            assertThat(vm.vm.dirtyLog().pagesByVcpu()[0]).isBetween(4000L, 4050L);
            assertThat(((RingDirtyLog) vm.vm.dirtyLog()).fullExits()).isGreaterThan(2);
            assertThat(vm.exits).hasSize(1);
        }
    }

    @Test
    void shouldRefuseARingThatIsNoPowerOfTwo() {
        try (GuestMemory memory = GuestMemory.create("godwit:ring", GuestLayout.ofSize(RAM))) {
            assertThatThrownBy(() -> new VmOptions("ring", memory, DirtyLogMechanism.RING, 5000))
                    .hasMessageContaining("dirty ring of 5000 entries; accepted is a power of two");
        }
    }

    @ParameterizedTest
    @EnumSource(DirtyLogMechanism.class)
    void shouldCoverMemoryBehindTheHole(DirtyLogMechanism mechanism) {
        long ram = GuestLayout.HOLE_START + (64L << 20);
        try (TestVm vm = new TestVm("hole-" + mechanism, ram, mechanism, 1024, 1)) {
            DirtyLog log = vm.vm.dirtyLog();
            long pages = ram / GuestLayout.PAGE_SIZE;
            log.enable();
            log.harvest(new PageBitmap(pages));
            // 64-bit user code: mov rax, 1 GiB; inc dword [rax]; mov edx, 0x7fe00000; mov [rdx], eax
            vm.load(
                            TestVm.CODE,
                            bytes(
                                    0x48, 0xb8, 0, 0, 0, 0x40, 0, 0, 0, 0, 0xff, 0x00, 0xba, 0, 0, 0xe0, 0x7f, 0x89,
                                    0x02))
                    .enterUser64();
            try (GuestMemory.Lease lease = vm.memory.lease()) {
                lease.putLong(0x11008, 0x13000L | 0x67); // what lies at 4 GiB is seen at 1 GiB
                for (long i = 0; i < 512; i++) {
                    lease.putLong(0x13000 + 8 * i, (GuestLayout.HOLE_END + (i << 21)) | 0xe7);
                }
                lease.putLong(0x13000 + 8 * 511, 0xd000_0000L | 0xe7); // the last of it is in the hole
            }
            vm.onExit = (vcpu, exit) -> false;
            vm.resume();
            vm.awaitPaused();
            assertThat(vm.exits).containsExactly(new VcpuExit.MmioWrite(0xd000_0000L, 4, 0x4000_0000L));
            PageBitmap dirty = new PageBitmap(pages);
            assertThat(log.harvest(dirty)).isEqualTo(1);
            assertThat(dirty.get(GuestLayout.HOLE_START / GuestLayout.PAGE_SIZE))
                    .isTrue();
        }
    }
}
