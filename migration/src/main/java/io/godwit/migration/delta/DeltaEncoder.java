package io.godwit.migration.delta;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.migration.digest.PageChecksum;
import io.godwit.transport.codec.CodecCounters;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/**
 * One lane's deltas: compares each page with what this lane sent of it last and remembers the new content, taken from
 * the private copy that is sent. Does nothing in the first round, in which no page comes twice. Used by one thread.
 */
public final class DeltaEncoder implements AutoCloseable {
    /** The page has to be sent whole. */
    public static final int NONE = -1;

    private final PageCache cache;
    private final CodecCounters counters;
    private final PageChecksum checksum = new PageChecksum();
    private int round;

    /** @param cache closed with this */
    public DeltaEncoder(PageCache cache, CodecCounters counters) {
        this.cache = cache;
        this.counters = counters;
        counters.deltaCache(cache.capacityBytes());
    }

    /** Whether the first round is over. */
    public boolean isActive() {
        return round > 0;
    }

    public void roundEnded() {
        round++;
    }

    /**
     * Encodes one page with its header, see {@link DeltaUnit}. Whatever this returns, the page has to be sent.
     *
     * @param pages private copy of the page, at {@code offset}
     * @param target room for a page from {@code targetOffset} on
     * @return bytes written, or {@link #NONE}
     */
    public int encode(long guestAddress, DirectBuffer pages, int offset, MutableDirectBuffer target, int targetOffset) {
        long page = guestAddress >>> GuestLayout.PAGE_SHIFT;
        int place = cache.find(page, round);
        if (place == PageCache.MISS) {
            counters.deltaMiss();
            cache.add(page, round, pages, offset);
            return NONE;
        }
        DirectBuffer old = cache.contents();
        int oldOffset = cache.offsetOf(place);
        int length = RunLengthDelta.encode(
                old, oldOffset, pages, offset, target, targetOffset + DeltaUnit.HEADER, DeltaUnit.MAX_DELTA);
        if (length < 0) {
            counters.deltaOverflow();
            cache.replace(place, pages, offset);
            return NONE;
        }
        DeltaUnit.header(target, targetOffset, checksum.of(old, oldOffset), length);
        if (length > 0) {
            cache.replace(place, pages, offset);
        }
        counters.delta(DeltaUnit.HEADER + length);
        return DeltaUnit.HEADER + length;
    }

    /** These pages were sent in another way, or by somebody else: what is remembered of them is worth nothing. */
    public void forget(long guestAddress, int pageCount) {
        if (isActive()) {
            cache.forget(guestAddress >>> GuestLayout.PAGE_SHIFT, pageCount);
        }
    }

    @Override
    public void close() {
        cache.close();
    }
}
