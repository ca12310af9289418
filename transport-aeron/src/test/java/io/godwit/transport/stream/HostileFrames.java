package io.godwit.transport.stream;

import io.godwit.transport.frame.CountsPayload;
import io.godwit.transport.frame.EncodedPart;
import io.godwit.transport.frame.FrameHeader;
import io.godwit.transport.frame.FrameKind;
import io.godwit.transport.frame.FrameWriter;
import io.godwit.transport.frame.StreamIdentity;
import io.godwit.transport.seal.FrameSealer;
import io.godwit.transport.seal.StreamSecret;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.SplittableRandom;
import java.util.UUID;
import java.util.zip.CRC32C;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * Seeded frames that begin valid and are then spoilt: single bits, whole fields with the checksum made right again,
 * lengths. Any of them can be sealed, as by a source that has the secret and means harm. The layout is spelled out here a
 * second time on purpose.
 */
final class HostileFrames {
    /** Offset and width of every header field. */
    static final int[][] FIELDS = {
        {0, 4}, {4, 4}, {8, 2}, {10, 1}, {11, 1}, {12, 2}, {14, 2}, {16, 8}, {24, 8}, {32, 8}, {40, 8}, {48, 4}, {52, 4}
    };
    /** The same for what stands before the bytes of an encoded unit, and before those of counts. */
    static final int[][] PART_FIELDS = {{56, 1}, {57, 1}, {58, 2}, {60, 4}, {64, 4}};

    static final int[][] COUNTS_FIELDS = {{56, 8}, {64, 8}, {72, 8}};

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

    private static final int UNITS = 32;
    private static final int MAX_COUNT = 3;

    private final SplittableRandom random;
    private final UnsafeBuffer sealed = new UnsafeBuffer(ByteBuffer.allocateDirect(140_000));
    private final byte[][][] units;
    private FrameKind kind = FrameKind.END;
    private final UUID migrationId;
    private final long base;
    private final int pages;
    final UnsafeBuffer buffer =
            new UnsafeBuffer(ByteBuffer.allocateDirect(140_000).order(ByteOrder.LITTLE_ENDIAN));
    int length;
    String what = "";

    HostileFrames(final long seed, final UUID migrationId, final long base, final int pages) {
        this.random = new SplittableRandom(seed);
        this.migrationId = migrationId;
        this.base = base;
        this.pages = pages;
        this.units = new byte[MAX_COUNT][][];
        for (int count = 1; count <= MAX_COUNT; count++) {
            units[count - 1] = unitsOf(count);
        }
    }

    /** A frame with sequence 0 that a receiver would take. */
    HostileFrames valid() {
        final FrameKind[] kinds = FrameKind.values();
        return valid(kinds[random.nextInt(kinds.length)]);
    }

    HostileFrames valid(final FrameKind wanted) {
        return valid(wanted, new FrameWriter(new StreamIdentity(migrationId, 0, 1)));
    }

    /** @param writer that numbers the frame */
    HostileFrames valid(final FrameKind wanted, final FrameWriter writer) {
        kind = wanted;
        final int count = 1 + random.nextInt(Math.min(MAX_COUNT, pages));
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
            case COMPRESSED_BATCH, XOR_DELTA -> {
                final int unitLength = encode(count);
                final int part = random.nextInt(4) == 0 ? 1 + random.nextInt(unitLength) : unitLength;
                final int method = kind == FrameKind.XOR_DELTA ? 0 : TestCodec.METHOD;
                EncodedPart.encode(buffer, FrameHeader.LENGTH, method, unitLength, 0);
                complete(writer, kind, address, count, EncodedPart.HEADER_LENGTH + part);
            }
        }
        return this;
    }

    /** A part of a unit, of so many bytes that nobody could decode. */
    void part(
            final FrameWriter writer,
            final FrameKind ofKind,
            final long address,
            final int pageCount,
            final int method,
            final int unitLength,
            final int unitOffset,
            final int bytes) {
        EncodedPart.encode(buffer, FrameHeader.LENGTH, method, unitLength, unitOffset);
        complete(writer, ofKind, address, pageCount, EncodedPart.HEADER_LENGTH + bytes);
    }

    /** Puts a unit of so many pages where the payload of an encoded part has it; returns its length. */
    private int encode(final int count) {
        final byte[] unit = units[count - 1][random.nextInt(UNITS)];
        buffer.putBytes(FrameHeader.LENGTH + EncodedPart.HEADER_LENGTH, unit);
        return unit.length;
    }

    private byte[][] unitsOf(final int count) {
        final byte[][] made = new byte[UNITS][];
        for (int i = 0; i < UNITS; i++) {
            final byte[] pages = new byte[count * 4096];
            for (int at = random.nextInt(64); at < pages.length; at += 1 + random.nextInt(500)) {
                pages[at] = (byte) random.nextInt();
            }
            made[i] = TestCodec.deflate(pages);
        }
        return made;
    }

    /** Spoils the frame in one of the ways. */
    HostileFrames spoil() {
        switch (random.nextInt(5)) {
            case 0 -> flipBit();
            case 1 -> cutOrGrow();
            case 2 -> {
                for (int fields = 1 + random.nextInt(3); fields > 0; fields--) {
                    rewriteField(anyField());
                }
                repairChecksum();
            }
            case 3 -> {
                rewriteField(anyField());
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

    private int[] anyField() {
        final int[][] more = switch (kind) {
            case COMPRESSED_BATCH, XOR_DELTA -> PART_FIELDS;
            case ROUND_END, END -> COUNTS_FIELDS;
            default -> FIELDS;
        };
        final int[][] from = random.nextBoolean() ? more : FIELDS;
        return from[random.nextInt(from.length)];
    }

    /** Seals the frame as it is, header and all; length and checksum are made to fit if they fitted before. */
    HostileFrames seal(final FrameSealer sealer) {
        if (length < FrameHeader.LENGTH) {
            return this;
        }
        final int payload = length - FrameHeader.LENGTH;
        if (buffer.getInt(52, ByteOrder.LITTLE_ENDIAN) == payload) {
            buffer.putInt(52, payload + FrameSealer.TAG_LENGTH, ByteOrder.LITTLE_ENDIAN);
        }
        buffer.putInt(4, 0);
        buffer.putByte(11, (byte) (buffer.getByte(11) | FrameHeader.SEALED));
        sealed.putBytes(0, buffer, 0, FrameHeader.LENGTH);
        sealer.seal(0, sealed, 0, FrameHeader.LENGTH, buffer, FrameHeader.LENGTH, payload, sealed, FrameHeader.LENGTH);
        length += FrameSealer.TAG_LENGTH;
        buffer.putBytes(0, sealed, 0, length);
        what += ", sealed";
        return this;
    }

    /** Spoils a sealed frame as one does who has no key; at least one bit is another one. */
    HostileFrames tamper() {
        switch (random.nextInt(3)) {
            case 0 -> flipBit();
            case 1 -> {
                final int before = length;
                length = random.nextInt(2 * length);
                length += length == before ? 1 : 0;
                if (length >= FrameHeader.LENGTH && random.nextBoolean()) {
                    buffer.putInt(52, length - FrameHeader.LENGTH, ByteOrder.LITTLE_ENDIAN);
                }
                what += " made " + length + " bytes";
            }
            default -> {
                final int[] field = FIELDS[random.nextInt(FIELDS.length)];
                final byte at = (byte) (buffer.getByte(field[0]) + 1 + random.nextInt(255));
                buffer.putByte(field[0], at);
                what += " with another byte " + field[0];
            }
        }
        return this;
    }

    /** A writer whose next frame has this number. */
    FrameWriter writerFrom(final int number) {
        final FrameWriter writer = new FrameWriter(new StreamIdentity(migrationId, 0, 1));
        for (int i = 0; i < number; i++) {
            writer.complete(sealed, 0, FrameKind.ZERO_RUN, base, 1, 0);
        }
        return writer;
    }

    FrameSealer sealer(final StreamSecret secret) {
        return new FrameSealer(secret, migrationId, 0, 0);
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
            final FrameKind ofKind,
            final long address,
            final int pageCount,
            final int payloadLength) {
        if (ofKind == FrameKind.RAW_RUN || ofKind == FrameKind.PAGE_PIECE || ofKind == FrameKind.DEVICE_STATE) {
            for (int at = 0; at < payloadLength; at += 97) {
                buffer.putByte(FrameHeader.LENGTH + at, (byte) random.nextInt());
            }
        }
        writer.complete(buffer, 0, ofKind, address, pageCount, payloadLength);
        length = FrameHeader.LENGTH + payloadLength;
    }
}
