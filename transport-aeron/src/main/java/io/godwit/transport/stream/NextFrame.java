package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.PageSource;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamException;
import io.godwit.transport.codec.PageEncoder;
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
    private final @Nullable EncodedRun encoded;

    private @Nullable LaneCommand command;
    private int pieceOffset;
    private int stateOffset;
    private long rounds;
    private boolean ended;
    private boolean waited;

    private boolean ready;
    private FrameKind kind = FrameKind.END;
    private long address;
    private int pageCount;
    private int payloadLength;

    /**
     * @param maxPayload bytes that fit into one frame behind the header
     * @param encoder of pages, or null to send them as they are; closed with this
     */
    NextFrame(
            final LaneQueue queue,
            final PageSource source,
            final LaneCounters counters,
            final int maxPayload,
            final @Nullable PageEncoder encoder) {
        this.queue = queue;
        this.source = source;
        this.counters = counters;
        this.maxPayload = maxPayload;
        this.encoded = encoder == null ? null : new EncodedRun(encoder, source);
        this.runs = new PageRuns(source);
        this.meter = new RoundMeter(counters);
    }

    /** Makes the next frame, if there is anything to send, of no more than about {@code frameBytes}. */
    boolean prepare(final long frameBytes) {
        if (!ready) {
            final int room = (int) Math.min(maxPayload, Math.max(PAGE_SIZE, frameBytes));
            runs.maxRawPages(encoded == null ? Math.max(1, room / PAGE_SIZE) : encoded.batchPages(frameBytes));
            ready = !ended && (nextRun(room) || nextOfCommand());
        }
        return ready;
    }

    /** The link did not take a frame at once. */
    void waited() {
        waited = true;
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
            case RAW_RUN, PAGE_PIECE, COMPRESSED_BATCH, XOR_DELTA -> writePages(target, offset);
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
            case RAW_RUN, PAGE_PIECE, COMPRESSED_BATCH, XOR_DELTA -> pagesSent();
            case ZERO_RUN -> zerosSent();
            case DEVICE_STATE -> chunkSent();
            case ROUND_END -> roundEnded();
            case END -> ended();
        }
    }

    void close() {
        if (encoded != null) {
            encoded.close();
        }
    }

    /** Fails the command that is being sent. */
    void fail(final StreamException why) {
        if (command != null) {
            command.fail(why);
        }
    }

    private boolean nextRun(final int room) {
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
        runFrame(room);
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

    private void runFrame(final int room) {
        final int runBytes = runs.pages() * PAGE_SIZE;
        if (runs.isZero()) {
            shape(FrameKind.ZERO_RUN, runs.address(), runs.pages(), 0);
        } else if (encoded != null) {
            encodedFrame(encoded, room);
        } else if (runBytes <= maxPayload) {
            shape(FrameKind.RAW_RUN, runs.address(), runs.pages(), runBytes);
        } else {
            final int length = Math.min(maxPayload, PAGE_SIZE - pieceOffset);
            shape(FrameKind.PAGE_PIECE, runs.address() + pieceOffset, 1, length);
        }
    }

    private void encodedFrame(final EncodedRun run, final int room) {
        if (!run.isOpen()) {
            run.begin(runs.address(), runs.pages(), !waited);
            waited = false;
        }
        run.shape(room);
        shape(run.kind(), run.address(), run.pageCount(), run.payloadLength());
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
        if (encoded != null) {
            counters.normalPages(encoded.sent());
            if (!encoded.isOpen()) {
                runs.sent();
            }
            return;
        }
        pieceOffset = kind == FrameKind.PAGE_PIECE ? pieceOffset + payloadLength : PAGE_SIZE;
        if (pieceOffset == PAGE_SIZE) {
            pieceOffset = 0;
            counters.normalPages(pageCount);
            runs.sent();
        }
    }

    private void zerosSent() {
        if (encoded != null) {
            encoded.encoder().zeroSent(address, pageCount);
        }
        counters.zeroPages(pageCount);
        runs.sent();
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
            if (encoded != null) {
                encoded.encoder().roundEnded();
            }
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

    private void writePages(final MutableDirectBuffer target, final int offset) {
        if (encoded != null) {
            encoded.write(target, offset);
        } else {
            source.read(address, target, offset, payloadLength);
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
