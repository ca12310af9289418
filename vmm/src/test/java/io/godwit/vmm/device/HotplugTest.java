package io.godwit.vmm.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.kvm.linux.DiskFile;
import io.godwit.vmm.Device;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.device.DriveMachine.Parts;
import io.godwit.vmm.probe.DriveResults;
import io.godwit.vmm.probe.DriveResults.State;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Disks that come to a running guest of real KVM and leave it. */
@Timeout(180)
class HotplugTest {
    private static final String SECOND = "second.img";
    private static final long SIZE_BYTES = 8L << 20;
    private static final String MAC = String.format(
            "02:00:%02x:%02x:00:02",
            ProcessHandle.current().pid() >> 8 & 0xff, ProcessHandle.current().pid() & 0xff);

    @TempDir
    Path directory;

    private DriveMachine start(String jobs) throws Exception {
        try (RandomAccessFile image =
                new RandomAccessFile(directory.resolve(SECOND).toFile(), "rw")) {
            image.setLength(SIZE_BYTES);
        }
        return new Parts(directory).disk(16, CacheMode.WRITEBACK).rng().start(jobs);
    }

    private boolean isLocked() {
        try (DiskFile file = DiskFile.open(directory.resolve(SECOND).toString(), false, false)) {
            return !file.tryLock();
        }
    }

    private static List<String> threads(String device) {
        return Thread.getAllStackTraces().keySet().stream()
                .map(Thread::getName)
                .filter(name -> name.startsWith("godwit-drive-" + device))
                .toList();
    }

    /** Descriptors of this process that are the second image. */
    private long openImages() throws Exception {
        try (var descriptors = Files.list(Path.of("/proc/self/fd"))) {
            return descriptors
                    .filter(path -> {
                        try {
                            return Files.readSymbolicLink(path).endsWith(SECOND);
                        } catch (java.io.IOException gone) {
                            return false;
                        }
                    })
                    .count();
        }
    }

    private void assertGivenBack(DriveMachine drive) throws Exception {
        assertThat(drive.machine().devices())
                .extracting(Device::id)
                .contains("disk/0", "rng/0")
                .doesNotContain("disk/1");
        assertThat(isLocked()).as("the image's lock").isFalse();
        assertThat(openImages()).as("descriptors of the image").isZero();
        assertThat(threads("disk1")).isEmpty();
    }

    @Test
    void shouldUseADiskThatComesWhileItRunsAndLetItGo() throws Exception {
        String jobs = "test=plug test=blk mode=verify unit=1 seconds=1 test=plug mode=eject test=blk unit=0 seconds=1";
        try (DriveMachine drive = start(jobs)) {
            drive.awaitSerial("job 0 insert");
            assertThat(drive.plug(SECOND)).isEqualTo("disk/1");
            drive.awaitSerial("slot 3 inserted, 2 registers");
            assertThat(isLocked()).as("the image's lock").isTrue();
            drive.awaitSerial("job 2 eject");
            drive.unplug("disk/1").toCompletableFuture().get(20, TimeUnit.SECONDS);
            drive.awaitSerial("slot 3 ejected");
            assertGivenBack(drive);
            DriveResults end = drive.awaitEnd();
            assertThat(end.state()).as(drive.serial()).isEqualTo(State.DONE);
            assertThat(end.errors()).as(drive.serial()).isZero();
        }
    }

    @Test
    void shouldMoveWithADiskThatCameWhileItRan() throws Exception {
        String jobs = "test=plug test=blk mode=stamp unit=1 leave=1 depth=8 rate=4000 seconds=0 test=plug";
        try (DriveMachine drive = start(jobs)) {
            drive.awaitSerial("job 0 insert");
            drive.plug(SECOND);
            drive.awaitOperations(500);
            drive.move();
            drive.awaitOperations(500);
            assertThat(drive.machine().profile().componentVersions()).containsKey("disk/1");
            drive.unplug("disk/1").toCompletableFuture().get(20, TimeUnit.SECONDS);
            drive.awaitSerial("slot 3 ejected");
            assertGivenBack(drive);
            drive.move();
            drive.awaitSerial("job 2 insert");
            assertThat(drive.plug(SECOND)).as("ids and slots are used again").isEqualTo("disk/1");
            DriveResults end = drive.awaitEnd();
            assertThat(end.errors()).as(drive.serial()).isZero();
        }
    }

    @Test
    void shouldUseAnInterfaceThatComesWhileItRunsAndLetItGo() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: taps need root");
        String jobs = "test=plug test=net mode=tx depth=64 seconds=1 test=plug mode=eject test=blk seconds=1";
        try (DriveMachine drive = start(jobs)) {
            drive.awaitSerial("job 0 insert");
            assertThat(drive.plugNic(MAC)).isEqualTo("nic/0");
            drive.awaitSerial("slot 3 inserted");
            Path tap = Path.of("/sys/class/net", DriveMachine.tapOf(MAC));
            drive.awaitSerial("job 2 eject");
            long packets = Long.parseLong(
                    Files.readString(tap.resolve("statistics/rx_packets")).strip());
            assertThat(packets).as("from the guest").isGreaterThan(100);
            drive.unplug("nic/0").toCompletableFuture().get(20, TimeUnit.SECONDS);
            drive.awaitSerial("slot 3 ejected");
            assertThat(tap).as("the host's end").doesNotExist();
            assertThat(threads("nic0")).isEmpty();
            assertThat(drive.machine().devices()).extracting(Device::id).doesNotContain("nic/0");
            DriveResults end = drive.awaitEnd();
            assertThat(end.state()).as(drive.serial()).isEqualTo(State.DONE);
            assertThat(end.errors()).as(drive.serial()).isZero();
        }
    }

    @Test
    void shouldTellAGuestAfterItsMoveOfWhatCameJustBefore() throws Exception {
        try (DriveMachine drive = start("test=blk mode=randread seconds=3 test=plug")) {
            drive.awaitOperations(1);
            drive.plug(SECOND);
            drive.move();
            assertThat(drive.awaitEnd().errors()).isZero();
            assertThat(drive.serial()).contains("slot 3 inserted");
        }
    }

    @Test
    void shouldPullADiskFromAGuestThatUsesItAndNeverEjects() throws Exception {
        try (DriveMachine drive = start("test=plug test=blk mode=randwrite unit=1 depth=32 seconds=0")) {
            drive.awaitSerial("job 0 insert");
            drive.plug(SECOND);
            drive.awaitOperations(100);
            CompletionStage<Void> gone = drive.unplug("disk/1");
            long operations = drive.results().orElseThrow().operations();
            drive.awaitOperations(100);
            assertThat(drive.results().orElseThrow().operations()).isGreaterThan(operations);
            assertThat(gone.toCompletableFuture()).as("the guest does not look").isNotDone();
            drive.machine().pull("disk/1");
            gone.toCompletableFuture().get(20, TimeUnit.SECONDS);
            assertGivenBack(drive);
            assertThat(drive.plug(SECOND)).isEqualTo("disk/1");
            assertThat(isLocked()).isTrue();
        }
    }

    @Test
    void shouldKeepADeviceThatItsGuestDoesNotLetGo() throws Exception {
        try (DriveMachine drive = start("test=blk mode=randread seconds=0")) {
            drive.awaitOperations(10);
            CompletionStage<Void> gone = drive.unplug("disk/0");
            assertThat(drive.machine().keep("disk/0")).isTrue();
            assertThatThrownBy(() -> gone.toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .hasRootCauseMessage("disk/0 stays: the guest did not eject slot 1");
            drive.awaitOperations(10);
            assertThat(drive.machine().keep("disk/0")).as("nobody asks for it").isFalse();
        }
    }

    @Test
    void shouldLeaveNothingBehindOfADiskThatAnotherHas() throws Exception {
        try (DriveMachine drive = start("test=blk mode=randread seconds=0");
                DiskFile other = DiskFile.open(directory.resolve(SECOND).toString(), false, false)) {
            assertThat(other.tryLock()).isTrue();
            assertThatThrownBy(() -> drive.plug(SECOND))
                    .isInstanceOf(MachineException.class)
                    .hasMessageContaining("disk/1")
                    .hasMessageContaining("is locked");
            assertThat(openImages()).as("only the other's").isEqualTo(1);
            assertThat(threads("disk1")).isEmpty();
            other.unlock();
            assertThat(drive.plug(SECOND)).isEqualTo("disk/1");
        }
    }

    @Test
    void shouldRefuseAnImageThatIsNotThere() throws Exception {
        try (DriveMachine drive = start("test=blk mode=randread seconds=0")) {
            assertThatThrownBy(() -> drive.plug("missing.img"))
                    .isInstanceOf(MachineException.class)
                    .hasMessageContaining("disk/1")
                    .hasMessageContaining("missing.img");
            assertThatThrownBy(() ->
                            drive.machine().unplug("disk/7", drive.machine().spec()))
                    .isInstanceOf(MachineException.class)
                    .hasMessage("machine drive has no device disk/7; it has [disk/0, rng/0]");
            drive.awaitOperations(10);
        }
    }

    @Test
    void shouldCloseWhileADeviceIsAskedFor() throws Exception {
        CompletionStage<Void> gone;
        try (DriveMachine drive = start("test=blk mode=randread seconds=0")) {
            drive.awaitOperations(10);
            gone = drive.unplug("disk/0");
        }
        await().atMost(DriveMachine.LIMIT)
                .until(() -> gone.toCompletableFuture().isCompletedExceptionally());
    }
}
