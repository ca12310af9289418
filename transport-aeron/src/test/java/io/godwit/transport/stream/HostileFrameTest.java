package io.godwit.transport.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.transport.LaneStripes;
import io.godwit.transport.PageSink;
import io.godwit.transport.frame.BadFrameException;
import io.godwit.transport.frame.FrameKind;
import io.godwit.transport.frame.FrameReader;
import io.godwit.transport.frame.StreamIdentity;
import io.godwit.transport.seal.FrameOpener;
import io.godwit.transport.seal.FrameSealer;
import io.godwit.transport.seal.StreamSecret;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.UUID;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

@Timeout(120)
class HostileFrameTest {
    private static final int CASES = 1_000_000;
    private static final long BASE = 0x10_0000;
    private static final int PAGES = 8;

    private final UUID id = UUID.randomUUID();
    private final StrictSink sink = new StrictSink();
    private final StreamSecret secret = StreamSecret.random();
    private final FrameOpener opener = new FrameOpener(secret, id, 0, 0);

    /** What is done to a frame, and whether it may still be one that the protocol allows. */
    private enum Attack {
        SPOILT(true),
        SPOILT_AND_SEALED(true),
        TAMPERED(false),
        PLAIN_IN_A_SEALED_LANE(false),
        SEALED_IN_A_PLAIN_LANE(false),
        OUT_OF_ORDER(false);

        final boolean mayBeAllowed;

        Attack(final boolean mayBeAllowed) {
            this.mayBeAllowed = mayBeAllowed;
        }
    }

    @Test
    void shouldNeverWriteOutsideNorFailOtherwiseThanCleanly() {
        final long seed = Long.getLong("godwit.seed", System.nanoTime());
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        final HostileFrames frames = new HostileFrames(seed, id, BASE, PAGES);
        final Map<Attack, Integer> refused = new EnumMap<>(Attack.class);
        final Map<Attack, Integer> tried = new EnumMap<>(Attack.class);
        for (int i = 0; i < CASES; i++) {
            final Attack attack = attackOf(random);
            final FrameReader reader = attack(attack, frames, random);
            final long writesBefore = sink.writes;
            tried.merge(attack, 1, Integer::sum);
            try {
                reader.accept(frames.buffer, 0, frames.length);
                assertThat(attack.mayBeAllowed)
                        .as("case %d of seed %d taken: %s, %s", i, seed, attack, frames.what)
                        .isTrue();
            } catch (final BadFrameException bad) {
                refused.merge(attack, 1, Integer::sum);
                if (sink.writes != writesBefore || !bad.getMessage().contains("expected")) {
                    throw new AssertionError(
                            "case " + i + " of seed " + seed + ": " + attack + ", " + frames.what, bad);
                }
            } catch (final Exception | Error unclean) {
                throw new AssertionError(
                        "case " + i + " of seed " + seed + ": " + attack + ", " + frames.what, unclean);
            }
        }
        assertThat(tried.keySet()).containsExactly(Attack.values());
        for (final Attack attack : Attack.values()) {
            assertThat(refused.getOrDefault(attack, 0))
                    .as("%s; what is left are harmless changes, such as another address inside", attack)
                    .isGreaterThan(tried.get(attack) * 7 / 10);
        }
    }

    /** Keys take longer to derive than plain frames to check. */
    private static Attack attackOf(final SplittableRandom random) {
        final int percent = random.nextInt(100);
        return percent < 70 ? Attack.SPOILT : Attack.values()[1 + (percent - 70) / 6];
    }

    /** Returns a reader that is about to get the frame made. */
    private FrameReader attack(final Attack attack, final HostileFrames frames, final SplittableRandom random) {
        switch (attack) {
            case SPOILT -> frames.valid().spoil();
            case SPOILT_AND_SEALED -> frames.valid().spoil().seal(frames.sealer(secret));
            case TAMPERED -> frames.valid().seal(frames.sealer(secret)).tamper();
            case PLAIN_IN_A_SEALED_LANE -> frames.valid();
            case SEALED_IN_A_PLAIN_LANE -> frames.valid().seal(frames.sealer(secret));
            case OUT_OF_ORDER -> {
                return outOfOrder(frames, random);
            }
        }
        final boolean isSealedLane = attack != Attack.SPOILT && attack != Attack.SEALED_IN_A_PLAIN_LANE;
        return isSealedLane ? sealedReader() : reader();
    }

    /** Some frames in order, then one that was there already, or one that is not yet due. */
    private FrameReader outOfOrder(final HostileFrames frames, final SplittableRandom random) {
        final FrameReader reader = reader();
        final int taken = random.nextInt(3);
        for (int i = 0; i < taken; i++) {
            frames.valid(FrameKind.RAW_RUN, frames.writerFrom(i));
            reader.accept(frames.buffer, 0, frames.length);
        }
        int number = random.nextInt(5);
        number += number >= taken ? 1 : 0;
        frames.valid(FrameKind.RAW_RUN, frames.writerFrom(number));
        return reader;
    }

    @ParameterizedTest
    @EnumSource(FrameKind.class)
    void shouldTakeTheFramesThatAreSpoiltElsewhere(final FrameKind kind) {
        final HostileFrames frames = new HostileFrames(1, id, BASE, PAGES);
        for (int i = 0; i < 100; i++) {
            frames.valid(kind);
            reader().accept(frames.buffer, 0, frames.length);
            frames.seal(frames.sealer(secret));
            sealedReader().accept(frames.buffer, 0, frames.length);
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
        "10, 1, 18, kind 18",
        "11, 1, 2, flags 0x2: a plain frame",
        "11, 1, 4, flags 0x4: none but optional",
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

    @ParameterizedTest
    @CsvSource({
        "XOR_DELTA, 56, 1, 1, method 0x1: 0",
        "COMPRESSED_BATCH, 56, 1, 0, method 0x0: 1 to 255",
        "COMPRESSED_BATCH, 57, 1, 1, method 0x107: 1 to 255",
        "COMPRESSED_BATCH, 58, 2, 32768, method 0x80000007: 1 to 255",
        "COMPRESSED_BATCH, 56, 1, 9, method 9: 7",
        "COMPRESSED_BATCH, 60, 4, 0, unit length 0: 1 to 4095 for 1 page(s)",
        "COMPRESSED_BATCH, 60, 4, 4096, unit length 4096: 1 to 4095 for 1 page(s)",
        "XOR_DELTA, 60, 4, -1, unit length -1: 1 to 4095",
        "COMPRESSED_BATCH, 60, 4, 1, unit part 0+",
        "XOR_DELTA, 64, 4, -1, unit part -1+",
        "COMPRESSED_BATCH, 64, 4, 2147483647, unit part 2147483647+",
        "COMPRESSED_BATCH, 48, 4, 65, page count 65: 1 to 64",
        "XOR_DELTA, 40, 8, 4096, guest address 0x1000+4096: a range inside guest memory"
    })
    void shouldNameTheFieldOfAnEncodedPart(
            final FrameKind kind, final int offset, final int width, final long value, final String reason) {
        final HostileFrames frames = new HostileFrames(9, id, BASE, 1).valid(kind);
        frames.rewriteField(new int[] {offset, width}, value);
        frames.repairChecksum();
        assertThatThrownBy(() -> reader().accept(frames.buffer, 0, frames.length))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining(reason);
        assertThat(sink.writes).isZero();
    }

    @ParameterizedTest
    @CsvSource({
        "16, 0x100000, 2, 7, 100, 40, true, ''",
        "17, 0x100000, 2, 0, 100, 40, false, kind 17: 16",
        "16, 0x101000, 2, 7, 100, 40, false, guest address 1052672: 1048576",
        "16, 0x100000, 3, 7, 100, 40, false, page count 3: 2",
        "16, 0x100000, 2, 8, 100, 40, false, method 8: 7",
        "16, 0x100000, 2, 7, 101, 40, false, length 101: 100",
        "16, 0x100000, 2, 7, 100, 41, false, byte 41: byte 40",
        "16, 0x100000, 2, 7, 100, 0, false, byte 0: byte 40",
    })
    void shouldRefusePartsThatDoNotBelongTogether(
            final int kind,
            final String address,
            final int pages,
            final int method,
            final int unitLength,
            final int unitOffset,
            final boolean fits,
            final String reason) {
        final HostileFrames frames = new HostileFrames(10, id, BASE, PAGES);
        final FrameReader reader = reader();
        frames.part(frames.writerFrom(0), FrameKind.COMPRESSED_BATCH, BASE, 2, 7, 100, 0, 40);
        reader.accept(frames.buffer, 0, frames.length);
        final FrameKind second = kind == 16 ? FrameKind.COMPRESSED_BATCH : FrameKind.XOR_DELTA;
        frames.part(frames.writerFrom(1), second, Long.decode(address), pages, method, unitLength, unitOffset, 20);
        if (fits) {
            reader.accept(frames.buffer, 0, frames.length);
        } else {
            assertThatThrownBy(() -> reader.accept(frames.buffer, 0, frames.length))
                    .isInstanceOf(BadFrameException.class)
                    .hasMessageContaining(reason);
        }
        assertThat(sink.writes).isZero();
    }

    @ParameterizedTest
    @EnumSource(
            value = FrameKind.class,
            mode = EnumSource.Mode.EXCLUDE,
            names = {"COMPRESSED_BATCH", "XOR_DELTA"})
    void shouldRefuseAnythingElseWithinAUnit(final FrameKind kind) {
        final HostileFrames frames = new HostileFrames(11, id, BASE, PAGES);
        final FrameReader reader = reader();
        frames.part(frames.writerFrom(0), FrameKind.COMPRESSED_BATCH, BASE, 2, 7, 100, 0, 40);
        reader.accept(frames.buffer, 0, frames.length);
        frames.valid(kind, frames.writerFrom(1));
        assertThatThrownBy(() -> reader.accept(frames.buffer, 0, frames.length))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining("within an encoded unit: its next part is expected");
        assertThat(sink.writes).isZero();
    }

    @Test
    void shouldRefuseAFrameOfAnotherLaneAttemptOrMigration() {
        final HostileFrames frames = new HostileFrames(12, id, BASE, PAGES);
        for (final FrameSealer other : List.of(
                new FrameSealer(secret, id, 1, 0),
                new FrameSealer(secret, id, 0, 1),
                new FrameSealer(secret, UUID.randomUUID(), 0, 0),
                new FrameSealer(StreamSecret.random(), id, 0, 0))) {
            frames.valid(FrameKind.RAW_RUN).seal(other);
            assertThatThrownBy(() -> sealedReader().accept(frames.buffer, 0, frames.length))
                    .isInstanceOf(BadFrameException.class)
                    .hasMessageContaining("tag does not match");
        }
        assertThat(sink.writes).isZero();
    }

    @Test
    void shouldRefuseARepeatedSealedFrame() {
        final HostileFrames frames = new HostileFrames(13, id, BASE, PAGES).valid(FrameKind.ZERO_RUN);
        frames.seal(frames.sealer(secret));
        final FrameReader reader = sealedReader();
        reader.accept(frames.buffer, 0, frames.length);
        assertThatThrownBy(() -> reader.accept(frames.buffer, 0, frames.length))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining("sequence 0: 1 is expected");
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

    private FrameReader sealedReader() {
        return new FrameReader(new StreamIdentity(id, 0, 1), receiver(sink), opener);
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
        public void read(
                final long guestAddress, final MutableDirectBuffer target, final int offset, final int length) {
            check(guestAddress, length);
            writes--;
            target.setMemory(offset, length, (byte) 0);
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
        return new PageReceiver(sink, lanes, new LaneStripes(1), 0, 10_000, lane -> TestCodec.decoder());
    }
}
