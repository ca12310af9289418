package io.godwit.vmm.device.block;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.kvm.linux.AsyncIo;
import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.FileDescriptor;
import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.memory.PageBitmap;
import io.godwit.vmm.DirtyPages;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.virtio.TestDriver;
import io.godwit.vmm.virtio.TestDriver.Piece;
import io.godwit.vmm.virtio.VirtioFeatures;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BlockDeviceTest {
    private static final int DISK_BYTES = 1 << 20;
    private static final int IN = 0;
    private static final int OUT = 1;
    private static final int FLUSH = 4;
    private static final int GET_ID = 8;
    private static final int DISCARD = 11;
    private static final int WRITE_ZEROES = 13;

    @TempDir
    private Path directory;

    private Path image;
    private final byte[] content = new byte[DISK_BYTES];

    @BeforeEach
    void makeImage() throws IOException {
        image = directory.resolve("disk.raw");
        new Random(7).nextBytes(content);
        Files.write(image, content);
    }

    private TestDriver driver(boolean readOnly, int queues) {
        return driver(readOnly, queues, false);
    }

    private TestDriver driver(boolean readOnly, int queues, boolean direct) {
        Disk disk = Disk.open("disk/0", image.toString(), readOnly, direct, false);
        return new TestDriver(new BlockDevice("disk/0", disk, "volume-1", queues)).start(0, 64);
    }

    private static byte[] header(int type, long sector) {
        return ByteBuffer.allocate(16)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putInt(type)
                .putInt(0)
                .putLong(sector)
                .array();
    }

    private static int status(TestDriver driver, int type, long sector, Piece... data) {
        Piece status = driver.toWrite(1);
        Piece[] pieces = new Piece[data.length + 2];
        pieces[0] = driver.toRead(header(type, sector));
        System.arraycopy(data, 0, pieces, 1, data.length);
        pieces[data.length + 1] = status;
        driver.request(0, pieces);
        return driver.bytes(status)[0];
    }

    @Test
    void shouldReadAndWriteWhatTheImageHolds() throws IOException {
        try (TestDriver driver = driver(false, 1)) {
            Piece first = driver.toWrite(512);
            Piece second = driver.toWrite(1536);
            assertThat(status(driver, IN, 3, first, second)).isZero();
            assertThat(driver.bytes(first)).isEqualTo(Arrays.copyOfRange(content, 1536, 2048));
            assertThat(driver.bytes(second)).isEqualTo(Arrays.copyOfRange(content, 2048, 3584));

            byte[] written = new byte[1024];
            new Random(8).nextBytes(written);
            assertThat(status(driver, OUT, 5, driver.toRead(written))).isZero();
            assertThat(status(driver, FLUSH, 0)).isZero();
            assertThat(Arrays.copyOfRange(Files.readAllBytes(image), 2560, 3584))
                    .isEqualTo(written);
        }
    }

    @Test
    void shouldMarkThePagesItReadIntoAndWhereItAnswered() {
        try (TestDriver driver = driver(false, 1);
                DirtyPages.View view = driver.dirty.open()) {
            PageBitmap pages = new PageBitmap(driver.memory.layout().pageCount());
            view.drainTo(pages); // all of them at first
            pages.clearAll();
            Piece data = driver.toWrite(8192);
            status(driver, IN, 0, data);
            view.drainTo(pages);
            assertThat(pages.get(data.address() >> 12)).isTrue();
            assertThat(pages.get((data.address() + 8191) >> 12)).isTrue();
            assertThat(pages.get(0x1_0000 >> 12)).as("the ring").isTrue();
        }
    }

    @Test
    void shouldTellItsSizeItsQueuesAndItsName() {
        try (TestDriver driver = driver(false, 3)) {
            assertThat(driver.capabilities()).containsExactly(1, 3, 4, 2, 5);
            assertThat(driver.field(0, 8)).isEqualTo(DISK_BYTES / 512);
            assertThat(driver.field(34, 2)).isEqualTo(3);
            Piece id = driver.toWrite(20);
            assertThat(status(driver, GET_ID, 0, id)).isZero();
            assertThat(driver.text(id)).startsWith("volume-1\0");
        }
    }

    @Test
    void shouldDiscardAndWriteZeroes() throws IOException {
        try (TestDriver driver = driver(false, 1)) {
            ByteBuffer range = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
            range.putLong(0, 8).putInt(8, 16);
            assertThat(status(driver, DISCARD, 0, driver.toRead(range.array()))).isZero();
            range.putLong(0, 64).putInt(8, 3);
            assertThat(status(driver, WRITE_ZEROES, 0, driver.toRead(range.array())))
                    .isZero();
            byte[] now = Files.readAllBytes(image);
            assertThat(Arrays.copyOfRange(now, 4096, 12288)).containsOnly(0);
            assertThat(Arrays.copyOfRange(now, 64 * 512, 67 * 512)).containsOnly(0);
            assertThat(now[67 * 512 + 1]).isEqualTo(content[67 * 512 + 1]);
            assertThat(now).hasSize(DISK_BYTES);
        }
    }

    @Test
    void shouldRefuseWhatLiesBehindItsEndAndWhatItDoesNotKnow() {
        try (TestDriver driver = driver(false, 1)) {
            long sectors = DISK_BYTES / 512;
            assertThat(status(driver, IN, sectors - 1, driver.toWrite(1024))).isEqualTo(1);
            assertThat(status(driver, IN, sectors, driver.toWrite(512))).isEqualTo(1);
            assertThat(status(driver, OUT, -1, driver.toRead(new byte[512]))).isEqualTo(1);
            assertThat(status(driver, IN, 0, driver.toWrite(100))).isEqualTo(1);
            assertThat(status(driver, 99, 0)).isEqualTo(2);
            assertThat(driver.function.fault()).isEmpty();
        }
    }

    @Test
    void shouldNotWriteToAnImageThatIsForReading() throws IOException {
        try (TestDriver driver = driver(true, 1)) {
            assertThat(driver.offered() & BlockFeatures.READ_ONLY).isNotZero();
            assertThat(status(driver, OUT, 0, driver.toRead(new byte[512]))).isEqualTo(1);
            assertThat(Files.readAllBytes(image)).isEqualTo(content);
        }
    }

    @Test
    void shouldStopWithAReasonOnARequestWithoutRoomForItsStatusAndServeAgainAfterAReset() {
        try (TestDriver driver = driver(false, 1)) {
            driver.offer(0, driver.toRead(header(IN, 0)));
            driver.ring(0);
            driver.awaitFault();
            assertThat(driver.function.fault())
                    .hasValueSatisfying(
                            why -> assertThat(why).contains("disk/0 queue 0").contains("16 bytes to read"));
            driver.reset();
            driver.start(VirtioFeatures.EVENT_INDEX | VirtioFeatures.INDIRECT_DESCRIPTORS, 8);
            assertThat(status(driver, IN, 0, driver.toWrite(512))).isZero();
        }
    }

    @Test
    void shouldAnswerEveryOneOfManyRequestsUnderWayPastThePageCache() {
        try (TestDriver driver = driver(false, 1, true)) {
            for (int round = 0; round < 20; round++) {
                readAndCheck(driver, 20);
            }
        }
    }

    /** Starts a driver of a disk past the page cache for which the kernel has no asynchronous I/O. */
    private TestDriver refusedDriver(KernelIo.Opener opener) {
        Disk disk = Disk.open("disk/0", image.toString(), false, true, false);
        return new TestDriver(new BlockDevice("disk/0", disk, "volume-1", 1, Optional.empty(), opener)).start(0, 64);
    }

    private static AsyncIo refuse(FileDescriptor file, int capacity) {
        throw new SystemCallException("io_setup", Errno.EAGAIN, file.name());
    }

    /** Takes requests for another kind of file, one that cannot be read. */
    private static AsyncIo ofWhatCannotBeRead(FileDescriptor file, int capacity) {
        return AsyncIo.create(FileDescriptor.open("/dev/kvm"), capacity);
    }

    @ParameterizedTest
    @ValueSource(booleans = {true, false})
    void shouldAnswerByThreadsWhatTheKernelDoesNotTake(boolean atSetup) throws IOException {
        try (TestDriver driver =
                refusedDriver(atSetup ? BlockDeviceTest::refuse : BlockDeviceTest::ofWhatCannotBeRead)) {
            for (int round = 0; round < 3; round++) {
                readAndCheck(driver, 20);
            }
            Piece page = driver.pageToWrite();
            byte[] written = new byte[4096];
            new Random(9).nextBytes(written);
            driver.lease.write(page.address(), new UnsafeBuffer(written), 0, 4096);
            assertThat(status(driver, OUT, 16, new Piece(page.address(), 4096, false)))
                    .isZero();
            assertThat(Arrays.copyOfRange(Files.readAllBytes(image), 8192, 12288))
                    .isEqualTo(written);
        }
    }

    /** Reads that many pages at a time. */
    private void readAndCheck(TestDriver driver, int count) {
        List<Piece> read = new ArrayList<>();
        List<Piece> statuses = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            Piece data = driver.pageToWrite();
            Piece status = driver.toWrite(1);
            driver.lease.putByte(status.address(), (byte) 0x55);
            driver.offer(0, driver.toRead(header(IN, 8L * i)), data, status);
            read.add(data);
            statuses.add(status);
        }
        driver.ring(0);
        for (int i = 0; i < count; i++) {
            driver.answer(0);
        }
        for (int i = 0; i < count; i++) {
            assertThat(driver.bytes(statuses.get(i))).containsExactly(0);
            assertThat(driver.bytes(read.get(i))).isEqualTo(Arrays.copyOfRange(content, 4096 * i, 4096 * (i + 1)));
        }
    }

    @Test
    void shouldReadAndFlushAndRefuseAtTheSameTimePastThePageCache() {
        try (TestDriver driver = driver(false, 1, true)) {
            for (int round = 0; round < 20; round++) {
                List<Piece> statuses = new ArrayList<>();
                int[] types = {IN, FLUSH, IN, 99, IN, GET_ID};
                for (int type : types) {
                    Piece status = driver.toWrite(1);
                    driver.lease.putByte(status.address(), (byte) 0x55);
                    Piece header = driver.toRead(header(type, 8));
                    if (type == FLUSH || type == 99) {
                        driver.offer(0, header, status);
                    } else {
                        driver.offer(0, header, driver.pageToWrite(), status);
                    }
                    statuses.add(status);
                }
                driver.ring(0);
                for (int i = 0; i < types.length; i++) {
                    driver.answer(0);
                }
                assertThat(statuses.stream().map(status -> (int) driver.bytes(status)[0]))
                        .as("round %d", round)
                        .containsExactly(0, 0, 0, 2, 0, 0);
            }
        }
    }

    @Test
    void shouldTellTheGuestWhatTheDiskDoesNotDoPastThePageCacheAndGoOn() {
        BlockDevice device =
                new BlockDevice("disk/0", Disk.open("disk/0", image.toString(), false, true, false), "volume-1", 1);
        try (TestDriver driver = new TestDriver(device).start(0, 64)) {
            assertThat(status(driver, IN, 0, driver.toWrite(100), driver.toWrite(412)))
                    .isEqualTo(1);
            assertThat(device.trouble())
                    .hasValueSatisfying(
                            why -> assertThat(why).contains("1 requests failed").contains("EINVAL"));
            assertThat(status(driver, IN, DISK_BYTES / 512, driver.pageToWrite()))
                    .isEqualTo(1);
            assertThat(status(driver, IN, 0, driver.pageToWrite())).isZero();
            assertThat(driver.function.fault()).isEmpty();
        }
    }

    @Test
    void shouldMarkWhatItReadPastThePageCacheBeforeTheDriverSeesTheAnswer() throws IOException {
        try (TestDriver driver = driver(false, 1, true);
                DirtyPages.View view = driver.dirty.open()) {
            PageBitmap pages = new PageBitmap(driver.memory.layout().pageCount());
            view.drainTo(pages); // all of them at first
            for (int round = 0; round < 200; round++) {
                pages.clearAll();
                Piece data = driver.pageToWrite();
                Piece more = driver.pageToWrite();
                Piece status = driver.toWrite(1);
                driver.offer(0, driver.toRead(header(IN, 0)), data, more, status);
                driver.ring(0);
                driver.answer(0);
                view.drainTo(pages);
                assertThat(pages.get(data.address() >> 12)).isTrue();
                assertThat(pages.get(more.address() >> 12)).isTrue();
                assertThat(pages.get(status.address() >> 12)).isTrue();
                assertThat(driver.bytes(data)).isEqualTo(Arrays.copyOf(content, 4096));
            }
        }
    }

    @Test
    void shouldAnswerWithAnErrorWhereTheImageEndsBeforeTheRequestAndMarkWhatItRead() throws IOException {
        try (TestDriver driver = driver(false, 1, true);
                DirtyPages.View view = driver.dirty.open()) {
            try (FileChannel file = FileChannel.open(image, StandardOpenOption.WRITE)) {
                file.truncate(4096);
            }
            PageBitmap pages = new PageBitmap(driver.memory.layout().pageCount());
            view.drainTo(pages);
            pages.clearAll();
            Piece there = driver.pageToWrite();
            Piece notThere = driver.pageToWrite();
            assertThat(status(driver, IN, 0, there, notThere)).isEqualTo(1);
            assertThat(driver.bytes(there)).isEqualTo(Arrays.copyOf(content, 4096));
            view.drainTo(pages);
            assertThat(pages.get(there.address() >> 12)).isTrue();
            assertThat(status(driver, IN, 64, driver.pageToWrite())).isEqualTo(1);
            assertThat(status(driver, IN, 0, driver.pageToWrite())).isZero();
        }
    }

    @Test
    void shouldLetGoOfGuestMemoryWhenItIsClosedWithRequestsUnderWay() {
        for (int round = 0; round < 10; round++) {
            try (TestDriver driver = driver(false, 1, true)) {
                for (int i = 0; i < 20; i++) {
                    driver.offer(0, driver.toRead(header(IN, 8L * i)), driver.pageToWrite(), driver.toWrite(1));
                }
                driver.ring(0);
                driver.function.close();
                assertThat(driver.memory.leasesOut()).as("round %d", round).isEqualTo(1); // the driver's own
            }
        }
    }

    @Test
    void shouldCarryALoneSmallRequestOutWithoutAnotherThread() {
        try (TestDriver driver = driver(false, 1, true)) {
            Set<Thread> before = Thread.getAllStackTraces().keySet();
            for (int i = 0; i < 20; i++) {
                Piece page = driver.pageToWrite();
                assertThat(status(driver, IN, 8L * i, page)).isZero();
                assertThat(driver.bytes(page)).isEqualTo(Arrays.copyOfRange(content, 4096 * i, 4096 * (i + 1)));
            }
            assertThat(Thread.getAllStackTraces().keySet())
                    .filteredOn(thread -> thread.getName().equals("godwit-disk0-io"))
                    .isSubsetOf(before);
        }
    }

    @Test
    void shouldStopWithAReasonOnARequestThatWasUnderWayAmongOthers() {
        try (TestDriver driver = driver(false, 1, true)) {
            driver.offer(0, driver.toRead(header(IN, 0)), driver.pageToWrite(), driver.toWrite(1));
            driver.offer(0, driver.toRead(header(IN, 0)));
            driver.offer(0, driver.toRead(header(IN, 8)), driver.pageToWrite(), driver.toWrite(1));
            driver.ring(0);
            driver.awaitFault();
            assertThat(driver.function.fault())
                    .hasValueSatisfying(why -> assertThat(why).contains("disk/0 queue 0"));
            driver.reset();
            driver.start(0, 64);
            assertThat(status(driver, IN, 0, driver.pageToWrite())).isZero();
        }
    }

    @Test
    void shouldStopWithAReasonOnARequestThatCannotBeTakenBehindAFlush() {
        try (TestDriver driver = driver(false, 1, true)) {
            driver.offer(0, driver.toRead(header(FLUSH, 0)), driver.toWrite(1));
            driver.publish(0, 64); // there is no such descriptor
            driver.ring(0);
            driver.awaitFault();
            driver.reset();
            driver.start(0, 64);
            assertThat(status(driver, IN, 0, driver.pageToWrite())).isZero();
        }
    }

    @Test
    void shouldHaveNothingUnderWayOnceItIsQuiesced() {
        try (TestDriver driver = driver(false, 1, true)) {
            for (int round = 0; round < 50; round++) {
                Piece[] statuses = new Piece[10];
                for (int i = 0; i < statuses.length; i++) {
                    statuses[i] = driver.toWrite(1);
                    driver.lease.putByte(statuses[i].address(), (byte) 0x55);
                    driver.offer(0, driver.toRead(header(IN, 8L * i)), driver.pageToWrite(), statuses[i]);
                }
                driver.ring(0);
                driver.function.quiesce().toCompletableFuture().join();
                int answered = driver.answered(0);
                long written = Arrays.stream(statuses)
                        .filter(status -> driver.bytes(status)[0] == 0)
                        .count();
                assertThat(written).as("round %d", round).isEqualTo(answered - 10L * round);
                driver.function.resume().toCompletableFuture().join();
                for (int i = 0; i < statuses.length; i++) {
                    driver.answer(0);
                }
            }
        }
    }

    @Test
    void shouldServeNothingWhileQuiescedAndEverythingAfterwards() {
        try (TestDriver driver = driver(false, 1)) {
            driver.function.quiesce().toCompletableFuture().join();
            Piece status = driver.toWrite(1);
            Piece data = driver.toWrite(512);
            driver.offer(0, driver.toRead(header(IN, 0)), data, status);
            driver.ring(0);
            driver.function.quiesce().toCompletableFuture().join(); // again: whatever was running is over
            assertThat(driver.bytes(data)).containsOnly(0);
            driver.function.resume().toCompletableFuture().join();
            driver.answer(0);
            assertThat(driver.bytes(data)).isEqualTo(Arrays.copyOf(content, 512));
        }
    }

    @Test
    void shouldKeepItsImageUntilItIsHandedOver() {
        try (TestDriver first = driver(false, 1)) {
            Disk other = Disk.open("disk/0", image.toString(), false, false, false);
            BlockDevice second = new BlockDevice("disk/0", other, "x", 1);
            assertThatThrownBy(second::claim)
                    .isInstanceOf(MachineException.class)
                    .hasMessageContaining(image.toString())
                    .hasMessageContaining("locked by another");
            first.function.quiesce().toCompletableFuture().join();
            assertThatThrownBy(second::claim).hasMessageContaining("locked by another");
            first.function.handOver().toCompletableFuture().join();
            second.claim();
            assertThatThrownBy(
                            () -> first.function.resume().toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .hasMessageContaining("locked by another");
            second.release();
            first.function.resume().toCompletableFuture().join();
            second.close();
        }
    }

    @Test
    void shouldNameWhatCannotBeADisk() throws IOException {
        assertThatThrownBy(() -> Disk.open("disk/0", directory.resolve("none").toString(), false, false, false))
                .hasMessageContaining("none")
                .hasMessageContaining("no such file");
        assertThatThrownBy(() -> Disk.open("disk/0", directory.toString(), false, false, false))
                .hasMessageContaining("is a directory");
        Files.write(image, new byte[100]);
        assertThatThrownBy(() -> Disk.open("disk/0", image.toString(), false, false, false))
                .hasMessageContaining("100 bytes");
    }
}
