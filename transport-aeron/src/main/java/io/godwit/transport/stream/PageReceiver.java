package io.godwit.transport.stream;

import io.godwit.transport.LaneStripes;
import io.godwit.transport.PageRange;
import io.godwit.transport.PageSink;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.frame.BadFrameException;
import io.godwit.transport.frame.FrameHandler;
import java.util.concurrent.atomic.AtomicLong;
import org.agrona.DirectBuffer;

/**
 * Writes checked frames into memory: asks the sink whether it has the addresses before anything else, keeps pieces
 * and chunks together, compares counts at every round's end. A page that
 * belongs to another lane is refused. Used by the lane's thread; the counts may be read by any.
 */
final class PageReceiver implements FrameHandler {
    private static final int PAGE_SIZE = PageRange.PAGE_SIZE;
    /** Clearing more in one call would hold up a safepoint. */
    private static final long MAX_ZERO_BYTES = 1024 * 1024;

    private final PageSink sink;
    private final IncomingLanes lanes;
    private final LaneStripes stripes;
    private final int lane;
    private final PageAssembler pieces = new PageAssembler();
    private final StateAssembler states;
    private final AtomicLong normalPages = new AtomicLong();
    private final AtomicLong zeroPages = new AtomicLong();
    private long rounds;
    private volatile boolean ended;

    PageReceiver(
            final PageSink sink,
            final IncomingLanes lanes,
            final LaneStripes stripes,
            final int lane,
            final int maxDeviceStateBytes) {
        this.sink = sink;
        this.lanes = lanes;
        this.stripes = stripes;
        this.lane = lane;
        this.states = new StateAssembler(maxDeviceStateBytes);
    }

    StreamCounts received() {
        return new StreamCounts(normalPages.get(), zeroPages.get());
    }

    boolean isEnded() {
        return ended;
    }

    @Override
    public void onRawRun(
            final long address, final int pageCount, final DirectBuffer payload, final int offset, final int length) {
        requireNothingOpen("a raw run");
        requireContained(address, length);
        sink.write(address, payload, offset, length);
        add(normalPages, pageCount);
    }

    @Override
    public void onZeroRun(final long address, final int pageCount) {
        requireNothingOpen("a zero run");
        final long end = address + (long) pageCount * PAGE_SIZE;
        requireContained(address, end - address);
        for (long at = address; at < end; at += MAX_ZERO_BYTES) {
            sink.zero(at, Math.min(MAX_ZERO_BYTES, end - at));
        }
        add(zeroPages, pageCount);
    }

    @Override
    public void onPagePiece(final long address, final DirectBuffer payload, final int offset, final int length) {
        requireNoState("a page piece");
        requireContained(address & -PAGE_SIZE, PAGE_SIZE);
        if (pieces.add(address, payload, offset, length)) {
            sink.write(pieces.pageAddress(), pieces.takePage(), 0, PAGE_SIZE);
            add(normalPages, 1);
        }
    }

    @Override
    public void onDeviceState(
            final long stateOffset,
            final int stateLength,
            final DirectBuffer payload,
            final int offset,
            final int length) {
        requireNoPiece("a device state");
        final byte[] whole = states.add(stateOffset, stateLength, payload, offset, length);
        if (whole != null) {
            lanes.stateReceived(lane, whole);
        }
    }

    @Override
    public void onRoundEnd(final long round, final long sentNormal, final long sentZero) {
        requireNothingOpen("a round end");
        requireCounts(sentNormal, sentZero);
        rounds++;
        lanes.roundEnded(lane, (int) round, received());
    }

    @Override
    public void onEnd(final long sentRounds, final long sentNormal, final long sentZero) {
        requireNothingOpen("an end");
        requireCounts(sentNormal, sentZero);
        if (sentRounds != rounds) {
            throw new BadFrameException("end after " + sentRounds + " round(s): " + rounds + " arrived");
        }
        ended = true;
        lanes.ended(lane, rounds, received());
    }

    private void requireContained(final long address, final long length) {
        if (!sink.contains(address, length)) {
            throw new BadFrameException("guest address 0x" + Long.toHexString(address) + "+" + length
                    + ": a range inside guest memory is expected");
        }
        if (!stripes.owns(lane, address, length)) {
            throw new BadFrameException("guest address 0x" + Long.toHexString(address) + "+" + length + " in lane "
                    + lane + " of " + stripes.lanes() + ": a range within a stripe of lane " + stripes.laneOf(address)
                    + " is expected there");
        }
    }

    private void requireCounts(final long sentNormal, final long sentZero) {
        if (sentNormal != normalPages.get() || sentZero != zeroPages.get()) {
            throw new BadFrameException("counts of " + sentNormal + " normal and " + sentZero + " zero pages: "
                    + normalPages + " and " + zeroPages + " arrived");
        }
    }

    /** Only the lane's thread adds. */
    private static void add(final AtomicLong counter, final int pages) {
        counter.setRelease(counter.getPlain() + pages);
    }

    private void requireNothingOpen(final String what) {
        requireNoPiece(what);
        requireNoState(what);
    }

    private void requireNoPiece(final String what) {
        if (!pieces.isEmpty()) {
            throw new BadFrameException(what + " within a page: its next piece is expected");
        }
    }

    private void requireNoState(final String what) {
        if (!states.isEmpty()) {
            throw new BadFrameException(what + " within a device state: its next chunk is expected");
        }
    }
}
