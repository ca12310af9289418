package io.godwit.transport.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.transport.LaneStripes;
import io.godwit.transport.PageSink;
import io.godwit.transport.frame.BadFrameException;
import io.godwit.transport.frame.FrameKind;
import io.godwit.transport.frame.FrameReader;
import io.godwit.transport.frame.StreamIdentity;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class HostileFrameTest {
    private static final int CASES = 200_000;
    private static final long BASE = 0x10_0000;
    private static final int PAGES = 8;

    private final UUID id = UUID.randomUUID();
    private final StrictSink sink = new StrictSink();

    @Test
    void shouldNeverWriteOutsideNorFailOtherwiseThanCleanly() {
        final long seed = Long.getLong("godwit.seed", System.nanoTime());
        System.out.println("seed " + seed);
        final HostileFrames frames = new HostileFrames(seed, id, BASE, PAGES);
        int refused = 0;
        for (int i = 0; i < CASES; i++) {
            frames.valid().spoil();
            final FrameReader reader = reader();
            final long writesBefore = sink.writes;
            try {
                reader.accept(frames.buffer, 0, frames.length);
            } catch (final BadFrameException bad) {
                refused++;
                assertThat(sink.writes)
                        .as("case %d of seed %d: %s", i, seed, frames.what)
                        .isEqualTo(writesBefore);
                assertThat(bad).hasMessageContaining("expected");
            } catch (final Throwable unclean) {
                throw new AssertionError("case " + i + " of seed " + seed + ": " + frames.what, unclean);
            }
        }
        assertThat(refused)
                .as("what is left are harmless changes, such as another address inside")
                .isGreaterThan(CASES * 8 / 10);
    }

    @ParameterizedTest
    @EnumSource(FrameKind.class)
    void shouldTakeTheFramesThatAreSpoiltElsewhere(final FrameKind kind) {
        final HostileFrames frames = new HostileFrames(1, id, BASE, PAGES);
        for (int i = 0; i < 100; i++) {
            frames.valid(kind);
            reader().accept(frames.buffer, 0, frames.length);
        }
    }

    @ParameterizedTest
    @EnumSource(FrameKind.class)
    void shouldNoticeEverySingleFlippedBit(final FrameKind kind) {
        final HostileFrames frames = new HostileFrames(2, id, BASE, 1).valid(kind);
        for (int bit = 0; bit < frames.length * 8; bit++) {
            final int at = bit / 8;
            frames.buffer.putByte(at, (byte) (frames.buffer.getByte(at) ^ 1 << bit % 8));
            assertThatThrownBy(() -> reader().accept(frames.buffer, 0, frames.length))
                    .isInstanceOf(BadFrameException.class);
            frames.buffer.putByte(at, (byte) (frames.buffer.getByte(at) ^ 1 << bit % 8));
        }
        reader().accept(frames.buffer, 0, frames.length);
    }

    @ParameterizedTest
    @CsvSource({
        "0, 4, 1, magic 0x1: 0x54574447",
        "4, 4, 1, CRC32C 0x1",
        "8, 2, 2, protocol version 2: 1",
        "10, 1, 99, kind 99",
        "10, 1, 16, kind 16",
        "11, 1, 2, flags 0x2",
        "12, 2, 1, lane 1 of 1: 0 of 1",
        "14, 2, 2, lane 0 of 2: 0 of 1",
        "16, 8, 0, migration id 00000000-0000-0000-",
        "32, 8, 1, sequence 1: 0",
        "40, 8, 4096, guest address 0x1000+4096: a range inside guest memory",
        "40, 8, 1048577, guest address 0x100001: a page's",
        "40, 8, -4096, guest address 0xfffffffffffff000: a page's",
        "40, 8, 9223372036854771712, guest address 0x7ffffffffffff000: room for 1 page(s)",
        "48, 4, 0, page count 0: at least 1",
        "48, 4, 2, payload length 4096: 8192 for 2 page(s)",
        "48, 4, 1048577, payload length 4096: 4294971392 for 1048577 page(s)",
        "52, 4, 4095, payload length 4095: 4096",
        "52, 4, -1, payload length -1: 4096"
    })
    void shouldNameTheFieldTheValueAndWhatWasExpected(
            final int offset, final int width, final long value, final String reason) {
        final HostileFrames frames = new HostileFrames(3, id, BASE, 1).valid(FrameKind.RAW_RUN);
        frames.rewriteField(new int[] {offset, width}, value);
        if (offset != 4) {
            frames.repairChecksum();
        }
        assertThatThrownBy(() -> reader().accept(frames.buffer, 0, frames.length))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining(reason);
        assertThat(sink.writes).isZero();
    }

    @Test
    void shouldSkipAnUnknownKindThatIsOptionalAndCountIt() {
        final HostileFrames frames = new HostileFrames(4, id, BASE, PAGES).valid(FrameKind.RAW_RUN);
        frames.rewriteField(new int[] {10, 1}, 99);
        frames.rewriteField(new int[] {11, 1}, 1);
        frames.repairChecksum();
        final FrameReader reader = reader();
        reader.accept(frames.buffer, 0, frames.length);
        assertThat(sink.writes).isZero();
        frames.valid(FrameKind.RAW_RUN);
        frames.rewriteField(new int[] {32, 8}, 1);
        frames.repairChecksum();
        reader.accept(frames.buffer, 0, frames.length);
        assertThat(sink.writes).isEqualTo(1);
    }

    @Test
    void shouldRefuseARepeatAndAGap() {
        final HostileFrames frames = new HostileFrames(5, id, BASE, PAGES).valid(FrameKind.RAW_RUN);
        final FrameReader repeated = reader();
        repeated.accept(frames.buffer, 0, frames.length);
        assertThatThrownBy(() -> repeated.accept(frames.buffer, 0, frames.length))
                .hasMessageContaining("sequence 0: 1 is expected");
        frames.rewriteField(new int[] {32, 8}, 2);
        frames.repairChecksum();
        assertThatThrownBy(() -> reader().accept(frames.buffer, 0, frames.length))
                .hasMessageContaining("sequence 2: 0 is expected");
    }

    @Test
    void shouldRefuseAnythingAfterTheEnd() {
        final HostileFrames frames = new HostileFrames(6, id, BASE, PAGES).valid(FrameKind.END);
        final FrameReader reader = reader();
        reader.accept(frames.buffer, 0, frames.length);
        frames.valid(FrameKind.ZERO_RUN);
        frames.rewriteField(new int[] {32, 8}, 1);
        frames.repairChecksum();
        assertThatThrownBy(() -> reader.accept(frames.buffer, 0, frames.length))
                .hasMessageContaining("nothing after the end frame");
    }

    @Test
    void shouldRefuseCountsThatDoNotAgree() {
        final HostileFrames frames = new HostileFrames(7, id, BASE, PAGES).valid(FrameKind.ROUND_END);
        frames.rewriteField(new int[] {56 + 8, 8}, 1);
        frames.repairChecksum();
        assertThatThrownBy(() -> reader().accept(frames.buffer, 0, frames.length))
                .hasMessageContaining("counts of 1 normal and 0 zero pages: 0 and 0 arrived");
    }

    @Test
    void shouldAllocateNothingForADeviceStateLongerThanAllowed() {
        final HostileFrames frames = new HostileFrames(8, id, BASE, PAGES).valid(FrameKind.DEVICE_STATE);
        frames.rewriteField(new int[] {48, 4}, Integer.MAX_VALUE);
        frames.repairChecksum();
        assertThatThrownBy(() -> reader().accept(frames.buffer, 0, frames.length))
                .hasMessageContaining("device state of 2147483647 bytes: at most 10000");
    }

    private FrameReader reader() {
        return new FrameReader(new StreamIdentity(id, 0, 1), receiver(sink));
    }

    /** Fails the test on any call outside its memory, however it got there. */
    private static final class StrictSink implements PageSink {
        long writes;

        @Override
        public boolean contains(final long guestAddress, final long lengthBytes) {
            return guestAddress >= BASE && lengthBytes <= PAGES * 4096L - (guestAddress - BASE);
        }

        @Override
        public void write(final long guestAddress, final DirectBuffer source, final int offset, final int length) {
            check(guestAddress, length);
            source.boundsCheck(offset, length);
        }

        @Override
        public void zero(final long guestAddress, final long lengthBytes) {
            check(guestAddress, lengthBytes);
        }

        private void check(final long guestAddress, final long lengthBytes) {
            writes++;
            if (guestAddress < BASE
                    || guestAddress > BASE + PAGES * 4096L
                    || lengthBytes < 0
                    || lengthBytes > BASE + PAGES * 4096L - guestAddress
                    || guestAddress % 4096 != 0
                    || lengthBytes % 4096 != 0) {
                throw new AssertionError("write outside: " + guestAddress + "+" + lengthBytes);
            }
        }
    }

    private static PageReceiver receiver(final PageSink sink) {
        final IncomingLanes lanes = new IncomingLanes(new TestListener(), new StreamFate(), 1, 16);
        return new PageReceiver(sink, lanes, new LaneStripes(1), 0, 10_000);
    }
}
