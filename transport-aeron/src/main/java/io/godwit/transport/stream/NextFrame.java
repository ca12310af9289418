package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.PageSource;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamException;
import io.godwit.transport.frame.CountsPayload;
import io.godwit.transport.frame.FrameKind;
import io.godwit.transport.stream.LaneCommand.DeviceState;
import io.godwit.transport.stream.LaneCommand.End;
import io.godwit.transport.stream.LaneCommand.Pages;
import io.godwit.transport.stream.LaneCommand.RoundEnd;
import org.agrona.MutableDirectBuffer;
import org.jspecify.annotations.Nullable;

/**
 * Decides what an outgoing lane sends next: takes commands from the queue, pages through {@link PageRuns}, and holds
 * one frame until the publication accepted it. A command is sent after all pages before it.
 */
final class NextFrame {
    private static final int PAGE_SIZE = PageRange.PAGE_SIZE;

    private final LaneQueue queue;
    private final PageSource source;
    private final LaneCounters counters;
    private final PageRuns runs;
    private final RoundMeter meter;
    private final int maxPayload;

    private @Nullable LaneCommand command;
    private int pieceOffset;
    private int stateOffset;
    private long rounds;
    private boolean ended;

    private boolean ready;
    private FrameKind kind = FrameKind.END;
    private long address;
    private int pageCount;
    private int payloadLength;

    /** @param maxPayload bytes that fit into one frame behind the header */
    NextFrame(final LaneQueue queue, final PageSource source, final LaneCounters counters, final int maxPayload) {
        this.queue = queue;
        this.source = source;
        this.counters = counters;
        this.maxPayload = maxPayload;
        this.runs = new PageRuns(source);
        this.meter = new RoundMeter(counters);
    }

    /** Makes the next frame, if there is anything to send, of no more than about {@code frameBytes}. */
    boolean prepare(final long frameBytes) {
        if (!ready) {
            runs.maxRawPages((int) Math.max(1, Math.min(maxPayload, frameBytes) / PAGE_SIZE));
            ready = !ended && (nextRun() || nextOfCommand());
        }
        return ready;
    }

    FrameKind kind() {
        return kind;
    }

    long address() {
        return address;
    }

    int pageCount() {
        return pageCount;
    }

    int payloadLength() {
        return payloadLength;
    }

    /** Whether the end frame was accepted. */
    boolean isEnded() {
        return ended;
    }

    /** Copies the payload; guest memory may change meanwhile, only the copy counts. */
    void writePayload(final MutableDirectBuffer target, final int offset) {
        switch (kind) {
            case RAW_RUN, PAGE_PIECE -> source.read(address, target, offset, payloadLength);
            case DEVICE_STATE -> writeChunk(target, offset);
            case ROUND_END, END ->
                CountsPayload.encode(target, offset, round(), counters.normalPages(), counters.zeroPages());
            case ZERO_RUN -> {}
        }
    }

    /** The publication took the frame. */
    void accepted(final long wireBytes) {
        ready = false;
        counters.frame(wireBytes);
        switch (kind) {
            case RAW_RUN -> pagesSent();
            case ZERO_RUN -> {
                counters.zeroPages(pageCount);
                runs.sent();
            }
            case PAGE_PIECE -> pieceSent();
            case DEVICE_STATE -> chunkSent();
            case ROUND_END -> roundEnded();
            case END -> ended();
        }
    }

    /** Fails the command that is being sent. */
    void fail(final StreamException why) {
        if (command != null) {
            command.fail(why);
        }
    }

    private boolean nextRun() {
        while (!runs.isComplete()) {
            if (!runs.wantsRange()) {
                runs.scan();
            } else if (!nextRange()) {
                if (runs.flush()) {
                    break;
                }
                return false;
            }
        }
        runFrame();
        return true;
    }

    /** Takes the next range, or stops before a command. */
    private boolean nextRange() {
        if (command == null) {
            command = queue.poll();
            if (command instanceof Pages || command instanceof RoundEnd) {
                meter.begin();
            }
        }
        if (command instanceof Pages pages) {
            runs.add(pages.range());
            command = null;
            return true;
        }
        return false;
    }

    private void runFrame() {
        final int runBytes = runs.pages() * PAGE_SIZE;
        if (runs.isZero()) {
            shape(FrameKind.ZERO_RUN, runs.address(), runs.pages(), 0);
        } else if (runBytes <= maxPayload) {
            shape(FrameKind.RAW_RUN, runs.address(), runs.pages(), runBytes);
        } else {
            final int length = Math.min(maxPayload, PAGE_SIZE - pieceOffset);
            shape(FrameKind.PAGE_PIECE, runs.address() + pieceOffset, 1, length);
        }
    }

    private boolean nextOfCommand() {
        if (command instanceof DeviceState device) {
            final int length = Math.min(maxPayload, device.state().capacity() - stateOffset);
            shape(FrameKind.DEVICE_STATE, stateOffset, device.state().capacity(), length);
        } else if (command instanceof RoundEnd) {
            shape(FrameKind.ROUND_END, 0, 0, CountsPayload.LENGTH);
        } else if (command instanceof End) {
            shape(FrameKind.END, 0, 0, CountsPayload.LENGTH);
        } else {
            return false;
        }
        return true;
    }

    private void shape(final FrameKind newKind, final long newAddress, final int newPageCount, final int length) {
        kind = newKind;
        address = newAddress;
        pageCount = newPageCount;
        payloadLength = length;
    }

    private void pagesSent() {
        counters.normalPages(pageCount);
        runs.sent();
    }

    private void pieceSent() {
        pieceOffset += payloadLength;
        if (pieceOffset == PAGE_SIZE) {
            pieceOffset = 0;
            pagesSent();
        }
    }

    private void chunkSent() {
        stateOffset += payloadLength;
        if (command instanceof DeviceState device
                && stateOffset == device.state().capacity()) {
            stateOffset = 0;
            command = null;
            device.sent().complete(null);
        }
    }

    private void roundEnded() {
        if (command instanceof RoundEnd end) {
            rounds++;
            command = null;
            meter.end(end.tally());
        }
    }

    private void ended() {
        if (command instanceof End end) {
            ended = true;
            command = null;
            end.tally().add(new StreamCounts(counters.normalPages(), counters.zeroPages()));
        }
    }

    private void writeChunk(final MutableDirectBuffer target, final int offset) {
        if (command instanceof DeviceState device) {
            target.putBytes(offset, device.state(), stateOffset, payloadLength);
        }
    }

    private long round() {
        return command instanceof RoundEnd end ? end.tally().round() : rounds;
    }
}
