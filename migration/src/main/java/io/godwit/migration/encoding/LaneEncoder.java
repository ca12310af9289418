package io.godwit.migration.encoding;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.migration.compression.BatchCompressor;
import io.godwit.migration.compression.BatchPolicy;
import io.godwit.migration.delta.DeltaEncoder;
import io.godwit.transport.codec.CodecCounters;
import io.godwit.transport.codec.EncodedUnit;
import io.godwit.transport.codec.EncodedUnit.Form;
import io.godwit.transport.codec.PageEncoder;
import java.nio.ByteBuffer;
import java.util.Objects;
import org.agrona.BufferUtil;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.jspecify.annotations.Nullable;

/**
 * One lane's encoder: pages sent before go as deltas, the others compressed together, and raw where neither pays. Cuts
 * a run wherever the form changes. Allocates nothing per page.
 */
final class LaneEncoder implements PageEncoder {
    /** 128 KiB: one frame of the longest MTU when it compresses to half, and most of what larger batches would gain. */
    static final int BATCH_PAGES = 32;

    private final @Nullable BatchCompressor compressor;
    private final @Nullable DeltaEncoder deltas;
    private final boolean compressAlways;
    private final CodecCounters counters;
    private final BatchPolicy policy = new BatchPolicy();
    private final UnsafeBuffer compressed;
    private final UnsafeBuffer encoded;
    private final int[] deltaLengths = new int[BATCH_PAGES];
    private final EncodedUnit unit;

    private DirectBuffer pages;
    private long address;
    private int pageCount;
    private int position;
    private int encodedPosition;
    private boolean compressing;

    /**
     * @param deltas closed with this, as the compressor is
     * @param compressAlways whether to compress even while the link takes more than this lane makes
     * @param counters also the one that {@code deltas} counts in
     */
    LaneEncoder(
            @Nullable BatchCompressor compressor,
            @Nullable DeltaEncoder deltas,
            boolean compressAlways,
            CodecCounters counters) {
        int batchBytes = BATCH_PAGES << GuestLayout.PAGE_SHIFT;
        this.compressor = compressor;
        this.deltas = deltas;
        this.compressAlways = compressAlways;
        this.counters = counters;
        compressed = direct(compressor == null ? 0 : compressor.bound(batchBytes));
        encoded = direct(deltas == null ? 0 : batchBytes);
        unit = new EncodedUnit(encoded);
        pages = encoded;
    }

    @Override
    public int batchPages() {
        return BATCH_PAGES;
    }

    @Override
    public void begin(long guestAddress, DirectBuffer privatePages, int count, boolean linkIsIdle) {
        if (count < 1 || count > BATCH_PAGES) {
            throw new IllegalArgumentException("run of " + count + " pages: 1 to " + BATCH_PAGES + " are expected");
        }
        privatePages.boundsCheck(0, count << GuestLayout.PAGE_SHIFT);
        pages = privatePages;
        address = guestAddress;
        pageCount = count;
        position = 0;
        encodedPosition = 0;
        compressing = compressAlways || !linkIsIdle;
        encodeDeltas();
    }

    /** All of them first: where a delta begins is where the unit before it ends. */
    private void encodeDeltas() {
        int end = 0;
        for (int page = 0; page < pageCount; page++) {
            int offset = page << GuestLayout.PAGE_SHIFT;
            int length = deltas == null || !deltas.isActive()
                    ? DeltaEncoder.NONE
                    : deltas.encode(address + offset, pages, offset, encoded, end);
            deltaLengths[page] = length;
            end += Math.max(0, length);
        }
    }

    @Override
    public boolean next() {
        if (position == pageCount) {
            return false;
        }
        int first = position;
        boolean isDelta = deltaLengths[first] >= 0;
        int deltaBytes = 0;
        while (position < pageCount && (deltaLengths[position] >= 0) == isDelta) {
            deltaBytes += Math.max(0, deltaLengths[position]);
            position++;
        }
        if (isDelta) {
            unit.set(Form.DELTA, 0, first, position - first, encoded, encodedPosition, deltaBytes);
            encodedPosition += deltaBytes;
        } else if (!compress(first, position - first)) {
            int offset = first << GuestLayout.PAGE_SHIFT;
            unit.set(Form.RAW, 0, first, position - first, pages, offset, (position - first) << GuestLayout.PAGE_SHIFT);
        }
        return true;
    }

    private boolean compress(int first, int count) {
        if (compressor == null || !compressing) {
            return false;
        }
        int rawBytes = count << GuestLayout.PAGE_SHIFT;
        if (!policy.shouldTry()) {
            counters.incompressible();
            return false;
        }
        int length = compressNow(compressor, first << GuestLayout.PAGE_SHIFT, rawBytes);
        if (!policy.pays(rawBytes, length)) {
            counters.incompressible();
            return false;
        }
        counters.compressed(count, length);
        unit.set(Form.COMPRESSED, compressor.method(), first, count, compressed, 0, length);
        return true;
    }

    private int compressNow(BatchCompressor with, int offset, int length) {
        ByteBuffer source = bytesOf(pages);
        int from = pages.wrapAdjustment() + offset;
        try {
            return with.compress(source, from, length, bytesOf(compressed));
        } finally {
            source.clear();
        }
    }

    @Override
    public EncodedUnit unit() {
        return unit;
    }

    @Override
    public void zeroSent(long guestAddress, int count) {
        if (deltas != null) {
            deltas.forget(guestAddress, count);
        }
    }

    @Override
    public void roundEnded() {
        if (deltas != null) {
            deltas.roundEnded();
        }
    }

    @Override
    public CodecCounters counters() {
        return counters;
    }

    @Override
    public void close() {
        if (compressor != null) {
            compressor.close();
        }
        if (deltas != null) {
            deltas.close();
        }
        free(compressed);
        free(encoded);
    }

    static UnsafeBuffer direct(int bytes) {
        return new UnsafeBuffer(ByteBuffer.allocateDirect(bytes));
    }

    static ByteBuffer bytesOf(DirectBuffer buffer) {
        return Objects.requireNonNull(buffer.byteBuffer(), "a buffer in direct memory is expected");
    }

    static void free(UnsafeBuffer buffer) {
        ByteBuffer bytes = buffer.byteBuffer();
        if (bytes != null) {
            buffer.wrap(0, 0);
            BufferUtil.free(bytes);
        }
    }
}
