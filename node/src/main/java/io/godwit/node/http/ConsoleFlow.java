package io.godwit.node.http;

import io.godwit.actors.vm.ConsoleRequest;
import java.time.Duration;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.BiConsumer;
import org.apache.pekko.Done;
import org.apache.pekko.http.impl.engine.ws.FrameData;
import org.apache.pekko.http.impl.engine.ws.FrameError;
import org.apache.pekko.http.impl.engine.ws.FrameEvent;
import org.apache.pekko.http.impl.engine.ws.FrameEventOrError;
import org.apache.pekko.http.impl.engine.ws.FrameStart;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.Attributes;
import org.apache.pekko.stream.FlowShape;
import org.apache.pekko.stream.Inlet;
import org.apache.pekko.stream.Outlet;
import org.apache.pekko.stream.stage.AbstractInHandler;
import org.apache.pekko.stream.stage.AbstractOutHandler;
import org.apache.pekko.stream.stage.AsyncCallback;
import org.apache.pekko.stream.stage.GraphStage;
import org.apache.pekko.stream.stage.GraphStageLogic;
import org.apache.pekko.stream.stage.TimerGraphStageLogic;
import org.apache.pekko.util.ByteString;
import org.jspecify.annotations.Nullable;

/**
 * A console over the frames of a WebSocket (RFC 6455): output goes out as binary frames, the bytes of text and binary
 * frames go in, whatever messages they make. Frames rather than messages, since only they let the server say why it
 * closes, and refuse a frame by its length. At most one piece of output and one of input are held; a viewer that does not
 * read is cut off, one that writes more than the guest reads is not read from.
 */
final class ConsoleFlow extends GraphStage<FlowShape<FrameEventOrError, FrameEvent>> {
    /** What a console is connected to. At most one read and one write at a time; failures are {@link ConsoleEnd}s. */
    interface Line {
        CompletionStage<ByteString> read();

        CompletionStage<Done> write(ByteString input);

        /** Called once before anything else, and followed by one {@link #close()}. */
        default void open() {}

        void close();
    }

    /**
     * How long things may take.
     *
     * @param stall how long a viewer may leave output unread
     * @param lastWord how long a close may take before the connection is cut
     * @param keepAlive between two pings
     */
    record Limits(Duration stall, Duration lastWord, Duration keepAlive) {
        static final Limits USUAL = new Limits(Duration.ofSeconds(30), Duration.ofSeconds(5), Duration.ofSeconds(20));
    }

    static final int MAX_FRAME_BYTES = ConsoleRequest.LIMIT_BYTES;

    private final Line line;
    private final boolean readOnly;
    private final Limits limits;
    private final Inlet<FrameEventOrError> in = Inlet.create("console.in");
    private final Outlet<FrameEvent> out = Outlet.create("console.out");
    private final FlowShape<FrameEventOrError, FrameEvent> shape = FlowShape.of(in, out);

    ConsoleFlow(Line line, boolean readOnly, Limits limits) {
        this.line = line;
        this.readOnly = readOnly;
        this.limits = limits;
    }

    @Override
    public FlowShape<FrameEventOrError, FrameEvent> shape() {
        return shape;
    }

    @Override
    public GraphStageLogic createLogic(Attributes attributes) {
        return new Logic();
    }

    private final class Logic extends TimerGraphStageLogic {
        private static final String STALLED = "stalled";
        private static final String PING = "ping";
        private static final String CUT = "cut";

        private final AsyncCallback<Pair<ByteString, @Nullable Throwable>> onRead =
                createAsyncCallback(result -> output(result.first(), result.second()));
        private final AsyncCallback<Pair<Done, @Nullable Throwable>> onWritten =
                createAsyncCallback(result -> written(result.second()));

        private final ConsoleFrames.Control control = new ConsoleFrames.Control();
        private @Nullable FrameEvent urgent;
        private @Nullable FrameEvent output;
        private boolean opcodeIsControl;
        private boolean reading;
        private boolean closing;
        private boolean peerClosed;

        Logic() {
            super(shape);
            setHandler(in, new AbstractInHandler() {
                @Override
                public void onPush() {
                    take(grab(in));
                }

                @Override
                public void onUpstreamFinish() {
                    completeStage();
                }

                @Override
                public void onUpstreamFailure(Throwable broken) {
                    end(new ConsoleEnd(ConsoleEnd.PROTOCOL_ERROR, String.valueOf(broken.getMessage())));
                }
            });
            setHandler(out, new AbstractOutHandler() {
                @Override
                public void onPull() {
                    cancelTimer(STALLED);
                    send();
                }
            });
        }

        @Override
        public void preStart() {
            line.open();
            scheduleWithFixedDelay(PING, limits.keepAlive(), limits.keepAlive());
            pull(in);
            read();
        }

        @Override
        public void postStop() {
            line.close();
        }

        @Override
        public void onTimer(Object timer) {
            if (PING.equals(timer)) {
                urgent = urgent == null ? ConsoleFrames.PING : urgent;
                send();
            } else if (STALLED.equals(timer)) {
                end(new ConsoleEnd(
                        ConsoleEnd.POLICY,
                        "output was not read for " + limits.stall().toMillis() + " ms"));
            } else if (closing && urgent != null) {
                failStage(new ConsoleEnd(ConsoleEnd.POLICY, "the viewer did not take the close"));
            } else {
                completeStage();
            }
        }

        private void read() {
            if (!reading && output == null && !closing) {
                reading = true;
                line.read().whenComplete(telling(onRead, ByteString.emptyByteString()));
            }
        }

        private <T> BiConsumer<T, @Nullable Throwable> telling(
                AsyncCallback<Pair<T, @Nullable Throwable>> callback, T instead) {
            return (value, failure) -> callback.invoke(Pair.create(failure == null ? value : instead, failure));
        }

        private void output(ByteString bytes, @Nullable Throwable failure) {
            reading = false;
            if (failure != null) {
                end(endOf(failure));
            } else if (bytes.isEmpty()) {
                read();
            } else {
                output = ConsoleFrames.binary(bytes);
                send();
            }
        }

        private void send() {
            if (!isAvailable(out)) {
                boolean waits = urgent != null || output != null;
                if (waits && !closing && !isTimerActive(STALLED)) {
                    scheduleOnce(STALLED, limits.stall());
                }
            } else if (urgent != null) {
                push(out, urgent);
                urgent = null;
                if (peerClosed) {
                    completeStage();
                }
            } else if (output != null && !closing) {
                push(out, output);
                output = null;
                read();
            }
        }

        private void take(FrameEventOrError event) {
            if (event instanceof FrameError error) {
                end(new ConsoleEnd(ConsoleEnd.PROTOCOL_ERROR, error.p().cause()));
            } else if (event instanceof FrameStart start) {
                opcodeIsControl = start.header().opcode().isControl();
                if (!opcodeIsControl && start.header().length() > MAX_FRAME_BYTES) {
                    end(new ConsoleEnd(
                            ConsoleEnd.TOO_LARGE,
                            "a frame of " + start.header().length() + " bytes; at most " + MAX_FRAME_BYTES));
                }
                control.begin(start);
                part(start.data(), start.lastPart());
            } else if (event instanceof FrameData data) {
                part(data.data(), data.lastPart());
            }
        }

        private void part(ByteString bytes, boolean last) {
            if (opcodeIsControl) {
                control.add(bytes);
                if (last) {
                    answerControl();
                }
            } else if (!closing && !readOnly && bytes.nonEmpty()) {
                line.write(bytes).whenComplete(telling(onWritten, Done.getInstance()));
                return;
            }
            more();
        }

        private void answerControl() {
            if (control.isClose() && closing) {
                completeStage();
            } else if (control.isClose()) {
                peerClosed = true;
                end(new ConsoleEnd(ConsoleEnd.NORMAL, ""));
            } else if (control.isPing() && urgent == null) {
                urgent = control.pong();
                send();
            }
        }

        private void written(@Nullable Throwable failure) {
            if (failure != null) {
                end(endOf(failure));
            }
            more();
        }

        private void more() {
            if (!isClosed(in) && !hasBeenPulled(in)) {
                pull(in);
            }
        }

        /** What else the viewer sends is read and forgotten, or its end would reset the connection under the close. */
        private void end(ConsoleEnd why) {
            if (closing) {
                return;
            }
            closing = true;
            output = null;
            urgent = ConsoleFrames.close(why);
            cancelTimer(STALLED);
            cancelTimer(PING);
            scheduleOnce(CUT, limits.lastWord());
            send();
            more();
        }
    }

    private static ConsoleEnd endOf(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof ConsoleEnd end ? end : new ConsoleEnd(ConsoleEnd.INTERNAL, String.valueOf(cause));
    }
}
