package io.godwit.vmm.device;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.vmm.device.DriveMachine.Parts;
import io.godwit.vmm.probe.DriveResults;
import io.godwit.vmm.probe.DriveResults.State;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A guest's disk on real KVM. */
@Timeout(180)
class DriveDiskTest {
    private static final int SIZE_MIB = 16;
    private static final int BLOCK_BYTES = 4096;

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"WRITEBACK,1,1", "WRITEBACK,16,1", "WRITEBACK,16,0", "NONE,16,1"})
    void shouldReadBackWhatWasWritten(CacheMode cache, int depth, int eventIndex) throws Exception {
        String jobs = "test=blk mode=verify span=4 seconds=1 depth=" + depth + " event=" + eventIndex;
        try (DriveMachine drive = new Parts(directory).disk(SIZE_MIB, cache).start(jobs)) {
            assertDone(drive.awaitEnd(), drive);
        }
    }

    @Test
    void shouldServeADriverThatStartsAnew() throws Exception {
        String jobs = "seconds=1 span=16 test=blk mode=randwrite depth=1 test=blk mode=seqread bs=131072 depth=4"
                + " test=blk mode=randread bs=512 depth=64";
        try (DriveMachine drive =
                new Parts(directory).disk(SIZE_MIB, CacheMode.WRITEBACK).start(jobs)) {
            DriveResults end = drive.awaitEnd();
            assertDone(end, drive);
            assertThat(end.job()).isEqualTo(2);
        }
    }

    @Test
    void shouldGoOnElsewhereInTheMiddleOfItsRequests() throws Exception {
        String jobs = "test=blk mode=verify span=8 depth=64 seconds=6";
        try (DriveMachine drive =
                new Parts(directory).disk(SIZE_MIB, CacheMode.WRITEBACK).start(jobs)) {
            for (int hop = 0; hop < 4; hop++) {
                drive.awaitOperations(1000);
                drive.move();
            }
            assertDone(drive.awaitEnd(), drive);
        }
    }

    @Test
    void shouldHaveOnTheDiskWhatWasAnsweredBeforeItMoved() throws Exception {
        String jobs = "test=blk mode=stamp span=4 depth=8 rate=4000 seconds=0";
        try (DriveMachine drive =
                new Parts(directory).disk(SIZE_MIB, CacheMode.WRITEBACK).start(jobs)) {
            for (int hop = 0; hop < 3; hop++) {
                drive.awaitOperations(1500);
                drive.pause();
                DriveResults paused = drive.results().orElseThrow();
                assertThat(paused.errors()).as(drive.serial()).isZero();
                assertStamped(paused.stamped(), 8);
                drive.resume();
                drive.awaitOperations(200);
                drive.move();
            }
        }
    }

    /** Each place has the last stamp that was answered, or one that was still on its way. */
    private void assertStamped(long stamped, int depth) throws IOException {
        ByteBuffer image = ByteBuffer.wrap(Files.readAllBytes(directory.resolve(DriveMachine.IMAGE)))
                .order(ByteOrder.LITTLE_ENDIAN);
        int places = (4 << 20) / BLOCK_BYTES;
        for (int place = 0; place < places; place++) {
            long last = lastStampAt(place, stamped, places);
            int at = place * BLOCK_BYTES;
            long found = image.getLong(at);
            if (found == 0 && last == 0) {
                continue;
            }
            assertThat(found == last || (found == last + places || last == 0) && found <= stamped + depth)
                    .as("place %d has stamp %d, the last answered there is %d of %d", place, found, last, stamped)
                    .isTrue();
            assertContent(image, at, found);
        }
    }

    private static long lastStampAt(int place, long stamped, int places) {
        return stamped <= place ? 0 : place + 1 + (stamped - 1 - place) / places * places;
    }

    private static void assertContent(ByteBuffer image, int at, long sequence) {
        assertThat(image.getLong(at + 8)).isEqualTo(at);
        for (int i = 2; i < BLOCK_BYTES / Long.BYTES; i++) {
            long expected = mix(sequence * 0xd6e8feb86659fd93L + at + i);
            if (image.getLong(at + i * Long.BYTES) != expected) {
                throw new AssertionError("word " + i + " of stamp " + sequence + " at " + at + " is "
                        + image.getLong(at + i * Long.BYTES) + ", expected " + expected);
            }
        }
    }

    private static long mix(long value) {
        long mixed = (value ^ value >>> 31) * 0x9e3779b97f4a7c15L;
        return mixed ^ mixed >>> 29;
    }

    private static void assertDone(DriveResults end, DriveMachine drive) {
        assertThat(end.state()).as(drive.serial()).isEqualTo(State.DONE);
        assertThat(end.errors()).as(drive.serial()).isZero();
        assertThat(end.operations()).as(drive.serial()).isPositive();
    }
}
