package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.codec.CodecCounters;
import io.godwit.transport.codec.EncodedUnit;
import io.godwit.transport.codec.EncodedUnit.Form;
import io.godwit.transport.codec.PageDecoder;
import io.godwit.transport.codec.PageEncoder;
import io.godwit.transport.frame.BadFrameException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.zip.DataFormatException;
import java.util.zip.Deflater;
import java.util.zip.Inflater;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * A codec that is simple, strict and capricious: cuts runs where it likes, compresses with zlib or sends the XOR with what
 * it sent last, compressed too. What the real ones do is not known here.
 */
final class TestCodec {
    static final int METHOD = 7;

    private static final int PAGE = PageRange.PAGE_SIZE;

    private TestCodec() {}

    static PageEncoder encoder(final long seed) {
        return new Encoder(seed);
    }

    static PageDecoder decoder() {
        return new Decoder();
    }

    private static final class Encoder implements PageEncoder {
        private final Map<Long, byte[]> sent = new HashMap<>();
        private final UnsafeBuffer bytes = new UnsafeBuffer(ByteBuffer.allocateDirect(EncodedUnit.MAX_PAGES * PAGE));
        private final EncodedUnit unit = new EncodedUnit(bytes);
        private final CodecCounters counters = new CodecCounters();
        private final SplittableRandom random;
        private DirectBuffer pages = bytes;
        private long address;
        private int count;
        private int position;
        private boolean closed;

        Encoder(final long seed) {
            random = new SplittableRandom(seed);
        }

        @Override
        public int batchPages() {
            return 20;
        }

        @Override
        public void begin(
                final long guestAddress, final DirectBuffer copy, final int pageCount, final boolean linkIsIdle) {
            if (position != count || closed) {
                throw new IllegalStateException("a run was begun before the last one was used up");
            }
            pages = copy;
            address = guestAddress;
            count = pageCount;
            position = 0;
        }

        @Override
        public boolean next() {
            if (position == count) {
                return false;
            }
            final int first = position;
            position += 1 + random.nextInt(count - position);
            final byte[] content = new byte[(position - first) * PAGE];
            pages.getBytes(first * PAGE, content);
            final byte[] base = new byte[content.length];
            final boolean known = known(first, base) && random.nextBoolean();
            remember(first, content);
            final byte[] input = known ? xor(content, base) : content;
            final int length = random.nextInt(4) == 0 ? content.length : deflateInto(input);
            if (length >= content.length) {
                unit.set(Form.RAW, 0, first, position - first, pages, first * PAGE, content.length);
            } else if (known) {
                counters.delta(length);
                unit.set(Form.DELTA, 0, first, position - first, bytes, 0, length);
            } else {
                counters.compressed(position - first, length);
                unit.set(Form.COMPRESSED, METHOD, first, position - first, bytes, 0, length);
            }
            return true;
        }

        private boolean known(final int first, final byte[] base) {
            for (int page = first; page < position; page++) {
                final byte[] last = sent.get(address + (long) page * PAGE);
                if (last == null) {
                    return false;
                }
                System.arraycopy(last, 0, base, (page - first) * PAGE, PAGE);
            }
            return true;
        }

        private void remember(final int first, final byte[] content) {
            for (int page = first; page < position; page++) {
                final byte[] copy = new byte[PAGE];
                System.arraycopy(content, (page - first) * PAGE, copy, 0, PAGE);
                sent.put(address + (long) page * PAGE, copy);
            }
        }

        private int deflateInto(final byte[] input) {
            final byte[] output = deflate(input);
            if (output.length < input.length) {
                bytes.putBytes(0, output);
            }
            return output.length;
        }

        @Override
        public EncodedUnit unit() {
            return unit;
        }

        @Override
        public void zeroSent(final long guestAddress, final int pageCount) {
            for (int page = 0; page < pageCount; page++) {
                sent.put(guestAddress + (long) page * PAGE, new byte[PAGE]);
            }
        }

        @Override
        public void roundEnded() {}

        @Override
        public CodecCounters counters() {
            return counters;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    private static final class Decoder implements PageDecoder {
        @Override
        public void decompress(
                final int method,
                final DirectBuffer unit,
                final int unitLength,
                final MutableDirectBuffer pages,
                final int pageCount) {
            if (method != METHOD) {
                throw new BadFrameException("method " + method + ": " + METHOD + " is expected");
            }
            pages.putBytes(0, inflate(unit, unitLength, pageCount));
        }

        @Override
        public void applyDelta(
                final DirectBuffer unit, final int unitLength, final MutableDirectBuffer pages, final int pageCount) {
            final byte[] held = new byte[pageCount * PAGE];
            pages.getBytes(0, held);
            pages.putBytes(0, xor(held, inflate(unit, unitLength, pageCount)));
        }

        private static byte[] inflate(final DirectBuffer unit, final int unitLength, final int pageCount) {
            final byte[] input = new byte[unitLength];
            unit.getBytes(0, input);
            final byte[] output = new byte[pageCount * PAGE];
            final Inflater inflater = new Inflater();
            try {
                inflater.setInput(input);
                final int length = inflater.inflate(output);
                if (length != output.length || inflater.inflate(new byte[1]) != 0) {
                    throw new BadFrameException("unit of " + length + " bytes: " + output.length + " are expected");
                }
                return output;
            } catch (final DataFormatException bad) {
                throw new BadFrameException("unit: " + bad.getMessage() + ": deflated pages are expected");
            } finally {
                inflater.end();
            }
        }

        @Override
        public void close() {}
    }

    /** As a unit has it. */
    static byte[] deflate(final byte[] pages) {
        final Deflater deflater = new Deflater(1);
        try {
            deflater.setInput(pages);
            deflater.finish();
            final byte[] output = new byte[pages.length + 1024];
            return Arrays.copyOf(output, deflater.deflate(output));
        } finally {
            deflater.end();
        }
    }

    private static byte[] xor(final byte[] one, final byte[] other) {
        final byte[] result = new byte[one.length];
        for (int i = 0; i < one.length; i++) {
            result[i] = (byte) (one[i] ^ other[i]);
        }
        return result;
    }
}
