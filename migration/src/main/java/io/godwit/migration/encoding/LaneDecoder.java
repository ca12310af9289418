package io.godwit.migration.encoding;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.migration.compression.BatchDecompressor;
import io.godwit.migration.delta.DeltaUnit;
import io.godwit.migration.digest.PageChecksum;
import io.godwit.transport.codec.PageDecoder;
import java.nio.ByteBuffer;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** One lane's decoder: whatever a {@link LaneEncoder} can send, whichever of it the source chose. */
final class LaneDecoder implements PageDecoder {
    private final BatchDecompressor decompressor = new BatchDecompressor();
    private final PageChecksum checksum = new PageChecksum();

    @Override
    public void decompress(int method, DirectBuffer unit, int unitLength, MutableDirectBuffer pages, int pageCount) {
        int expected = pageCount << GuestLayout.PAGE_SHIFT;
        unit.boundsCheck(0, unitLength);
        pages.boundsCheck(0, expected);
        ByteBuffer source = whole(unit);
        ByteBuffer target = whole(pages);
        try {
            decompressor.decompress(method, source, unitLength, target, expected);
        } finally {
            source.clear();
            target.clear();
        }
    }

    @Override
    public void applyDelta(DirectBuffer unit, int unitLength, MutableDirectBuffer pages, int pageCount) {
        unit.boundsCheck(0, unitLength);
        pages.boundsCheck(0, pageCount << GuestLayout.PAGE_SHIFT);
        DeltaUnit.apply(unit, unitLength, pages, pageCount, checksum);
    }

    private static ByteBuffer whole(DirectBuffer buffer) {
        if (buffer.wrapAdjustment() != 0) {
            throw new IllegalArgumentException("a buffer over all of its memory is expected");
        }
        return LaneEncoder.bytesOf(buffer);
    }

    @Override
    public void close() {
        decompressor.close();
    }
}
