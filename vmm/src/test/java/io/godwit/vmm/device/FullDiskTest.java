package io.godwit.vmm.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.vmm.DeviceHealth;
import io.godwit.vmm.device.DriveMachine.Parts;
import io.godwit.vmm.probe.DriveResults;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** An image on a file system that has less space than the image is long. */
@Timeout(180)
class FullDiskTest {
    private static final int IMAGE_MIB = 16;

    @TempDir
    Path directory;

    private Path small;
    private boolean mounted;

    @BeforeEach
    void mount() throws Exception {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: mounting needs root");
        small = Files.createDirectory(directory.resolve("small"));
        run("mount", "-t", "tmpfs", "-o", "size=4m", "small", small.toString());
        mounted = true;
    }

    @AfterEach
    void unmount() throws Exception {
        if (mounted) {
            run("umount", small.toString());
        }
    }

    private static void run(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor())
                .as(String.join(" ", command) + ": " + printed)
                .isZero();
    }

    private static long errors(DriveMachine drive) {
        return drive.results().map(DriveResults::errors).orElse(0L);
    }

    private static DeviceHealth health(DriveMachine drive) {
        return drive.machine().devices().stream()
                .filter(device -> device.id().equals("disk/0"))
                .findFirst()
                .orElseThrow()
                .health()
                .orElseThrow();
    }

    @Test
    void shouldTellTheGuestThatItsWriteFailedAndServeOn() throws Exception {
        String jobs = "test=blk mode=randwrite depth=16 seconds=0";
        try (DriveMachine drive =
                new Parts(small).disk(IMAGE_MIB, CacheMode.WRITEBACK).start(jobs)) {
            await("a write that fails").atMost(DriveMachine.LIMIT).until(() -> errors(drive) > 0);
            assertThat(health(drive).state()).isEqualTo(DeviceHealth.State.ACTIVE);
            assertThat(health(drive).fault())
                    .hasValueSatisfying(
                            why -> assertThat(why).contains("requests failed").contains("ENOSPC"));

            run("mount", "-o", "remount,size=32m", small.toString());
            drive.awaitOperations(100); // those under way before there was space
            long before = errors(drive);
            drive.awaitOperations(5_000);
            assertThat(errors(drive)).as("errors with space again").isEqualTo(before);
        }
    }
}
