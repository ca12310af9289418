package io.godwit.migration.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.migration.digest.PageChecksum;
import io.godwit.migration.harness.Seeds;
import io.godwit.transport.frame.BadFrameException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import java.util.SplittableRandom;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class RunLengthDeltaTest {
    private static final int PAGE = 4096;

    private final UnsafeBuffer old = direct(3 * PAGE);
    private final UnsafeBuffer fresh = direct(3 * PAGE);
    private final UnsafeBuffer delta = direct(2 * PAGE);

    @Test
    void shouldTurnAnyPageIntoAnyOther() {
        SplittableRandom random = Seeds.random();
        for (int i = 0; i < 20_000; i++) {
            fill(random, old);
            fresh.putBytes(0, old, 0, 3 * PAGE);
            for (int changes = random.nextInt(40); changes > 0; changes--) {
                int at = random.nextInt(PAGE);
                int length = Math.min(PAGE - at, 1 + random.nextInt(random.nextBoolean() ? 4 : 400));
                for (int k = at; k < at + length; k++) {
                    fresh.putByte(PAGE + k, (byte) random.nextInt());
                }
            }
            int length = RunLengthDelta.encode(old, PAGE, fresh, PAGE, delta, 7, PAGE);
            if (length >= 0) {
                RunLengthDelta.apply(delta, 7, length, old, PAGE);
                assertThat(old.compareTo(fresh)).as("case %d", i).isZero();
            }
        }
    }

    @Test
    void shouldWriteNothingForEqualPages() {
        fill(Seeds.random(), old);
        fresh.putBytes(0, old, 0, PAGE);
        assertThat(RunLengthDelta.encode(old, 0, fresh, 0, delta, 0, 0)).isZero();
        RunLengthDelta.apply(delta, 0, 0, old, 0);
        assertThat(new PageChecksum().of(old, 0)).isEqualTo(new PageChecksum().of(fresh, 0));
    }

    @Test
    void shouldWriteTheBytesThatItsFormatSays() {
        fresh.putByte(3, (byte) 0xAA);
        fresh.putByte(300, (byte) 0xBB);
        fresh.putByte(301, (byte) 0xCC);
        fresh.putByte(4095, (byte) 0xDD);
        int length = RunLengthDelta.encode(old, 0, fresh, 0, delta, 0, PAGE);
        byte[] bytes = new byte[length];
        delta.getBytes(0, bytes);
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo("0301aa" + "a80202bbcc" + "d11d01dd");
    }

    @Test
    void shouldStopAtItsLimitAndNeverWriteBehindIt() {
        SplittableRandom random = Seeds.random();
        for (int i = 0; i < 2_000; i++) {
            fill(random, old);
            fresh.putBytes(0, old, 0, PAGE);
            for (int changes = random.nextInt(200); changes > 0; changes--) {
                fresh.putByte(random.nextInt(PAGE), (byte) random.nextInt());
            }
            int full = RunLengthDelta.encode(old, 0, fresh, 0, delta, 0, PAGE);
            if (full <= 0) {
                continue;
            }
            int limit = random.nextInt(full);
            delta.setMemory(0, delta.capacity(), (byte) 0x5A);
            assertThat(RunLengthDelta.encode(old, 0, fresh, 0, delta, 0, limit)).isEqualTo(-1);
            for (int at = limit; at < delta.capacity(); at++) {
                assertThat(delta.getByte(at)).isEqualTo((byte) 0x5A);
            }
            assertThat(RunLengthDelta.encode(old, 0, fresh, 0, delta, 0, full)).isEqualTo(full);
        }
    }

    @Test
    void shouldTakeAPageThatChangedEverywhereAsTooLong() {
        SplittableRandom random = Seeds.random();
        fill(random, old);
        for (int at = 0; at < PAGE; at++) {
            fresh.putByte(at, (byte) ~old.getByte(at));
        }
        assertThat(RunLengthDelta.encode(old, 0, fresh, 0, delta, 0, DeltaUnit.MAX_DELTA))
                .isEqualTo(-1);
    }

    @ParameterizedTest
    @CsvSource({
        "00, ends before the number of changed bytes",
        "80, ends within the number of unchanged bytes",
        "8000, second byte 0",
        "8021, second byte 33",
        "0000, at least 1 of each",
        "0500, at least 1 of each",
        "0001aa0001bb, at least 1 of each",
        "ff1f01aa01, ends before the number of changed bytes",
        "ff1f02aabb, at most 4096 are expected",
        "802001aa, at most 4096 are expected",
        "000201, 1 follow",
    })
    void shouldRefuseRunsThatItWouldNotWrite(String hex, String reason) {
        byte[] bytes = HexFormat.of().parseHex(hex);
        delta.putBytes(0, bytes);
        assertThatThrownBy(() -> RunLengthDelta.apply(delta, 0, bytes.length, old, PAGE))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining(reason);
        assertGuards();
    }

    @Test
    void shouldNeverLeaveThePageWhateverTheRunsSay() {
        SplittableRandom random = Seeds.random();
        int refused = 0;
        for (int i = 0; i < 300_000; i++) {
            int length = random.nextInt(64);
            for (int at = 0; at < length; at++) {
                delta.putByte(at, (byte) (random.nextInt(4) == 0 ? random.nextInt(256) : random.nextInt(8)));
            }
            try {
                RunLengthDelta.apply(delta, 0, length, old, PAGE);
            } catch (BadFrameException bad) {
                refused++;
                assertThat(bad).hasMessageContaining("expected");
            }
        }
        assertGuards();
        assertThat(refused).isGreaterThan(200_000);
    }

    @Test
    void shouldRefuseAUnitThatWasMadeFromOtherContents() {
        DeltaUnit.header(delta, 0, PageChecksum.OF_ZERO_PAGE + 1, 0);
        assertThatThrownBy(() -> DeltaUnit.apply(delta, 6, old, 1, new PageChecksum()))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining("of what is held here");
        DeltaUnit.header(delta, 0, PageChecksum.OF_ZERO_PAGE, 0);
        DeltaUnit.apply(delta, 6, old, 1, new PageChecksum());
    }

    @ParameterizedTest
    @CsvSource({
        "5, 0, 1, ends at page 0",
        "6, 0, 2, ends at page 1",
        "7, 0, 1, goes on for 1 byte(s) behind page 0",
        "6, 1, 1, delta length 1 of page 0: at most 0",
        "5000, 4090, 1, delta length 4090 of page 0: at most 4089",
        "6, 65535, 1, delta length 65535 of page 0",
    })
    void shouldRefuseAUnitOfTheWrongLength(int length, int deltaLength, int pages, String reason) {
        DeltaUnit.header(delta, 0, PageChecksum.OF_ZERO_PAGE, deltaLength);
        assertThatThrownBy(() -> DeltaUnit.apply(delta, length, old, pages, new PageChecksum()))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining(reason);
    }

    private void assertGuards() {
        for (int at = 0; at < PAGE; at++) {
            assertThat(old.getByte(at)).isZero();
            assertThat(old.getByte(2 * PAGE + at)).isZero();
        }
    }

    private static void fill(SplittableRandom random, UnsafeBuffer buffer) {
        for (int at = 0; at < 3 * PAGE; at += Long.BYTES) {
            buffer.putLong(at, random.nextLong());
        }
    }

    private static UnsafeBuffer direct(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
    }
}
