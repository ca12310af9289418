package io.godwit.transport.stream;

import io.godwit.transport.frame.CountsPayload;
import io.godwit.transport.frame.FrameHeader;
import io.godwit.transport.frame.FrameKind;
import io.godwit.transport.frame.FrameWriter;
import io.godwit.transport.frame.StreamIdentity;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Seeded frames that begin valid and are then spoilt: single bits, whole fields with the checksum made right again,
 * lengths. The layout is spelled out here a second time on purpose.
 */
final class HostileFrames {
    /** Offset and width of every header field. */
    static final int[][] FIELDS = {
        {0, 4}, {4, 4}, {8, 2}, {10, 1}, {11, 1}, {12, 2}, {14, 2}, {16, 8}, {24, 8}, {32, 8}, {40, 8}, {48, 4}, {52, 4}
    };

    private static final long[] NASTY = {
        0,
        1,
        -1,
        2,
        4095,
        4096,
        4097,
        0x7FFF_FFFFL,
        0x8000_0000L,
        0xFFFF_F000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        Long.MAX_VALUE - 4095,
        -4096,
        1L << 40,
        1L << 52,
        65_535,
        61_440
    };

    private final SplittableRandom random;
    private final UUID migrationId;
    private final long base;
    private final int pages;
    final UnsafeBuffer buffer =
            new UnsafeBuffer(ByteBuffer.allocateDirect(70_000).order(ByteOrder.LITTLE_ENDIAN));
    int length;
    String what = "";

    HostileFrames(final long seed, final UUID migrationId, final long base, final int pages) {
        this.random = new SplittableRandom(seed);
        this.migrationId = migrationId;
        this.base = base;
        this.pages = pages;
    }

    /** A frame with sequence 0 that a receiver would take. */
    HostileFrames valid() {
        final FrameKind[] kinds = FrameKind.values();
        return valid(kinds[random.nextInt(kinds.length)]);
    }

    HostileFrames valid(final FrameKind kind) {
        final FrameWriter writer = new FrameWriter(new StreamIdentity(migrationId, 0, 1));
        final int count = 1 + random.nextInt(Math.min(3, pages));
        final long address = base + 4096L * random.nextInt(pages - count + 1);
        what = kind.toString();
        switch (kind) {
            case RAW_RUN -> complete(writer, kind, address, count, count * 4096);
            case ZERO_RUN -> complete(writer, kind, address, count, 0);
            case PAGE_PIECE -> complete(writer, kind, address, 1, 1 + random.nextInt(4095));
            case DEVICE_STATE -> {
                final int state = 1 + random.nextInt(5000);
                complete(writer, kind, 0, state, 1 + random.nextInt(state));
            }
            case ROUND_END, END -> {
                CountsPayload.encode(buffer, FrameHeader.LENGTH, 0, 0, 0);
                complete(writer, kind, 0, 0, CountsPayload.LENGTH);
            }
        }
        return this;
    }

    /** Spoils the frame in one of the ways. */
    HostileFrames spoil() {
        switch (random.nextInt(5)) {
            case 0 -> flipBit();
            case 1 -> cutOrGrow();
            case 2 -> {
                for (int fields = 1 + random.nextInt(3); fields > 0; fields--) {
                    rewriteField(FIELDS[random.nextInt(FIELDS.length)]);
                }
                repairChecksum();
            }
            case 3 -> {
                rewriteField(FIELDS[random.nextInt(FIELDS.length)]);
                repairLengthAndChecksum();
            }
            default -> {
                for (int at = 0; at < Math.min(length, 128); at++) {
                    buffer.putByte(at, (byte) random.nextInt());
                }
                what += " with a random beginning";
            }
        }
        return this;
    }

    void rewriteField(final int[] field) {
        final long value = random.nextBoolean() ? NASTY[random.nextInt(NASTY.length)] : random.nextLong();
        rewriteField(field, value);
    }

    void rewriteField(final int[] field, final long value) {
        final ByteBuffer bytes =
                ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(0, value);
        buffer.putBytes(field[0], bytes, 0, field[1]);
        what += " with " + value + " at byte " + field[0];
    }

    void repairChecksum() {
        final ByteBuffer bytes = buffer.byteBuffer().duplicate();
        bytes.limit(length).position(8);
        final CRC32C crc = new CRC32C();
        crc.update(bytes);
        buffer.putInt(4, (int) crc.getValue(), ByteOrder.LITTLE_ENDIAN);
    }

    private void repairLengthAndChecksum() {
        buffer.putInt(52, length - FrameHeader.LENGTH, ByteOrder.LITTLE_ENDIAN);
        repairChecksum();
    }

    private void flipBit() {
        final int bit = random.nextInt(length * 8);
        buffer.putByte(bit / 8, (byte) (buffer.getByte(bit / 8) ^ 1 << bit % 8));
        what += " with bit " + bit + " flipped";
    }

    private void cutOrGrow() {
        final int before = length;
        length = random.nextInt(Math.min(before * 2, 65_000));
        length += length == before ? 1 : 0;
        what += " of " + before + " bytes made " + length;
        if (random.nextBoolean() && length >= FrameHeader.LENGTH) {
            repairLengthAndChecksum();
            what += ", length and checksum repaired";
        }
    }

    private void complete(
            final FrameWriter writer,
            final FrameKind kind,
            final long address,
            final int pageCount,
            final int payloadLength) {
        if (kind == FrameKind.RAW_RUN || kind == FrameKind.PAGE_PIECE || kind == FrameKind.DEVICE_STATE) {
            for (int at = 0; at < payloadLength; at += 97) {
                buffer.putByte(FrameHeader.LENGTH + at, (byte) random.nextInt());
            }
        }
        writer.complete(buffer, 0, kind, address, pageCount, payloadLength);
        length = FrameHeader.LENGTH + payloadLength;
    }
}
