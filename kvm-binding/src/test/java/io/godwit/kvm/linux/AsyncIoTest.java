package io.godwit.kvm.linux;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class AsyncIoTest {
    private static final int PAGE = 4096;
    private static final int FILE_PAGES = 64;

    @TempDir
    private Path directory;

    private Path image;
    private final byte[] content = new byte[FILE_PAGES * PAGE];
    private final UnsafeBuffer room = NativeBuffers.allocate((FILE_PAGES + 1) * PAGE);
    /** On a page's boundary, which O_DIRECT wants. */
    private final int start = (int) (-room.addressOffset() & (PAGE - 1));

    private final Map<Integer, Long> results = new HashMap<>();
    private final Map<Integer, Integer> refusals = new HashMap<>();

    @BeforeEach
    void makeImage() throws IOException {
        image = directory.resolve("image.raw");
        new Random(11).nextBytes(content);
        Files.write(image, content);
    }

    private DiskFile open(boolean readOnly) {
        return DiskFile.open(image.toString(), readOnly, true);
    }

    /** Pieces of the room: {page, bytes} one after another. */
    private UnsafeBuffer pieces(int... pagesAndBytes) {
        UnsafeBuffer pieces = NativeBuffers.allocate(pagesAndBytes.length / 2 * VectorIo.PIECE_BYTES);
        for (int i = 0; i < pagesAndBytes.length; i += 2) {
            pieces.putLong(i * 8, room.addressOffset() + start + (long) pagesAndBytes[i] * PAGE);
            pieces.putLong(i * 8 + 8, pagesAndBytes[i + 1]);
        }
        return pieces;
    }

    private byte[] roomBytes(int page, int bytes) {
        byte[] copy = new byte[bytes];
        room.getBytes(start + page * PAGE, copy);
        return copy;
    }

    private void submit(AsyncIo io) {
        io.submit(refusals::put);
    }

    private void awaitAll(AsyncIo io) {
        io.reap(io.underWay(), results::put);
    }

    @Test
    void shouldReadAndWriteSeveralPiecesAtATime() throws IOException {
        try (DiskFile file = open(false);
                AsyncIo io = AsyncIo.create(file.file(), 8)) {
            io.read(3, 5 * PAGE, pieces(7, PAGE, 1, 2 * PAGE), 2);
            io.read(0, 0, pieces(10, 512), 1);
            assertThat(io.queued()).isEqualTo(2);
            submit(io);
            assertThat(io.underWay()).isEqualTo(2);
            awaitAll(io);
            assertThat(results).containsOnly(Map.entry(3, 3L * PAGE), Map.entry(0, 512L));
            assertThat(roomBytes(7, PAGE)).isEqualTo(Arrays.copyOfRange(content, 5 * PAGE, 6 * PAGE));
            assertThat(roomBytes(1, 2 * PAGE)).isEqualTo(Arrays.copyOfRange(content, 6 * PAGE, 8 * PAGE));
            assertThat(roomBytes(10, 512)).isEqualTo(Arrays.copyOf(content, 512));

            io.write(3, 20 * PAGE, pieces(1, PAGE, 7, PAGE), 2);
            submit(io);
            awaitAll(io);
            assertThat(results).containsEntry(3, 2L * PAGE);
            byte[] now = Files.readAllBytes(image);
            assertThat(Arrays.copyOfRange(now, 20 * PAGE, 21 * PAGE)).isEqualTo(roomBytes(1, PAGE));
            assertThat(Arrays.copyOfRange(now, 21 * PAGE, 22 * PAGE)).isEqualTo(roomBytes(7, PAGE));
        }
    }

    @Test
    void shouldTellOfEveryEndByADescriptorThatCanBeWaitedFor() {
        try (DiskFile file = open(true);
                Epoll epoll = Epoll.create("poll");
                AsyncIo io = AsyncIo.create(file.file(), FILE_PAGES)) {
            epoll.add(io.completions().file(), Epoll.IN, 5);
            for (int i = 0; i < FILE_PAGES; i++) {
                io.read(i, (long) i * PAGE, pieces(i, PAGE), 1);
            }
            submit(io);
            List<Long> tokens = new ArrayList<>();
            while (results.size() < FILE_PAGES) {
                assertThat(epoll.await(10_000, (token, events) -> tokens.add(token)))
                        .isEqualTo(1);
                io.completions().drain();
                io.reap(0, results::put);
            }
            assertThat(tokens).containsOnly(5L);
            assertThat(results.values()).containsOnly((long) PAGE);
            assertThat(roomBytes(0, content.length)).isEqualTo(content);
            assertThat(io.reap(0, results::put)).isZero();
            epoll.remove(io.completions().file());
        }
    }

    @Test
    void shouldReadNoFartherThanTheFileGoes() {
        try (DiskFile file = open(true);
                AsyncIo io = AsyncIo.create(file.file(), 2)) {
            io.read(0, (FILE_PAGES - 1L) * PAGE, pieces(0, 2 * PAGE), 1);
            io.read(1, FILE_PAGES * PAGE, pieces(3, PAGE), 1);
            submit(io);
            awaitAll(io);
            assertThat(results).containsOnly(Map.entry(0, (long) PAGE), Map.entry(1, 0L));
        }
    }

    @Test
    void shouldTellWhatTheDiskDoesNotDoAndGoOn() {
        try (DiskFile file = open(false);
                AsyncIo io = AsyncIo.create(file.file(), 4)) {
            UnsafeBuffer unaligned = pieces(0, PAGE);
            unaligned.putLong(0, unaligned.getLong(0) + 1);
            io.read(0, 0, unaligned, 1);
            io.read(1, PAGE, pieces(1, 100), 1);
            UnsafeBuffer nowhere = pieces(0, PAGE);
            nowhere.putLong(0, 0);
            io.read(2, 0, nowhere, 1);
            io.read(3, PAGE, pieces(2, PAGE), 1);
            submit(io);
            awaitAll(io);
            assertThat(refusals).isEmpty();
            assertThat(results)
                    .containsOnly(
                            Map.entry(0, (long) -Errno.EINVAL),
                            Map.entry(1, (long) -Errno.EINVAL),
                            Map.entry(2, (long) -Errno.EFAULT),
                            Map.entry(3, (long) PAGE));
        }
    }

    @Test
    void shouldRefuseToWriteToWhatIsForReadingAndTakeTheOthers() {
        try (DiskFile file = open(true);
                AsyncIo io = AsyncIo.create(file.file(), 3)) {
            io.read(0, 0, pieces(0, PAGE), 1);
            io.write(1, 0, pieces(1, PAGE), 1);
            io.read(2, PAGE, pieces(2, PAGE), 1);
            submit(io);
            awaitAll(io);
            assertThat(refusals).containsOnly(Map.entry(1, Errno.EBADF));
            assertThat(results).containsOnly(Map.entry(0, (long) PAGE), Map.entry(2, (long) PAGE));
            io.read(1, 0, pieces(1, PAGE), 1); // its tag is free again
            submit(io);
            awaitAll(io);
            assertThat(results).containsEntry(1, (long) PAGE);
        }
    }

    @Test
    void shouldRefuseWhatAFileCannotDoAsynchronously() {
        try (FileDescriptor poll = new FileDescriptor(LibC.INSTANCE.epoll_create1(0), "an epoll");
                AsyncIo io = AsyncIo.create(poll, 1)) {
            io.read(0, 0, pieces(0, PAGE), 1);
            submit(io);
            assertThat(refusals).containsOnly(Map.entry(0, Errno.EINVAL));
            assertThat(io.underWay()).isZero();
        }
    }

    @Test
    void shouldTellWhatTheKernelHasNoRoomFor() throws IOException {
        int asked = 1500;
        byte[] large = new byte[asked * 512];
        Files.write(image, large);
        try (DiskFile file = open(true);
                AsyncIo io = AsyncIo.withRoomFor(file.file(), asked, 1)) {
            for (int i = 0; i < asked; i++) {
                io.read(i, i * 512L, pieces(i % FILE_PAGES, 512), 1);
            }
            submit(io);
            assertThat(refusals).isNotEmpty();
            assertThat(refusals.values()).containsOnly(Errno.EAGAIN);
            assertThat(io.underWay()).isEqualTo(asked - refusals.size()).isPositive();
            awaitAll(io);
            assertThat(results)
                    .hasSize(asked - refusals.size())
                    .doesNotContainKeys(refusals.keySet().toArray(Integer[]::new));
        }
    }

    @Test
    void shouldCloseAfterWhatIsUnderWayAndOnlyOnce() {
        for (int round = 0; round < 20; round++) {
            try (DiskFile file = open(false)) {
                AsyncIo io = AsyncIo.create(file.file(), FILE_PAGES + 1);
                for (int i = 0; i < FILE_PAGES; i++) {
                    io.read(i, (long) i * PAGE, pieces(i, PAGE), 1);
                }
                room.setMemory(0, room.capacity(), (byte) 0);
                submit(io);
                assertThat(io.closeOrLeak()).isTrue();
                assertThat(roomBytes(0, content.length)).as("round %d", round).isEqualTo(content);
                assertThat(io.closeOrLeak()).isTrue();
                io.close();
                io.read(FILE_PAGES, 0, pieces(0, PAGE), 1);
                assertThatThrownBy(() -> submit(io)).hasMessageContaining("is closed");
            }
        }
    }

    @Test
    void shouldCheckWhatItIsGiven() {
        try (DiskFile file = open(true);
                AsyncIo io = AsyncIo.create(file.file(), 2)) {
            UnsafeBuffer one = pieces(0, PAGE);
            io.read(0, 0, one, 1);
            assertThatThrownBy(() -> io.read(0, 0, one, 1)).hasMessageContaining("tag 0");
            assertThatThrownBy(() -> io.read(2, 0, one, 1)).hasMessageContaining("tag 2");
            assertThatThrownBy(() -> io.read(1, 0, one, 2)).isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> io.read(1, 0, one, 0)).hasMessageContaining("0 pieces");
            assertThatThrownBy(() -> io.read(1, 0, one, 1025)).hasMessageContaining("1025 pieces");
            assertThatThrownBy(() -> io.reap(1, results::put)).hasMessageContaining("0 under way");
            assertThatThrownBy(() -> AsyncIo.create(file.file(), 0)).hasMessageContaining("capacity of 0");
        }
    }
}
