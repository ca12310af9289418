package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.http.impl.engine.ws.FrameEvent;
import org.apache.pekko.http.impl.engine.ws.FrameEventOrError;
import org.apache.pekko.http.impl.engine.ws.FrameStart;
import org.apache.pekko.http.impl.engine.ws.Protocol;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.SinkQueueWithCancel;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.SourceQueueWithComplete;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import scala.Option;

/** The frames of a console, with a line that the test holds the other end of. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(60)
class ConsoleFlowTest {
    private static final ConsoleFlow.Limits PATIENT = ConsoleFlow.Limits.USUAL;
    private static final ConsoleFlow.Limits HASTY =
            new ConsoleFlow.Limits(Duration.ofMillis(200), Duration.ofSeconds(20), Duration.ofSeconds(20));
    private static final int TEXT = 1;
    private static final int BINARY = 2;
    private static final int CLOSE = 8;
    private static final int PING = 9;
    private static final int PONG = 10;

    private ActorTestKit kit;
    private ScriptedLine line;
    private SourceQueueWithComplete<FrameEventOrError> viewer;
    private SinkQueueWithCancel<FrameEvent> screen;

    @BeforeAll
    void startActors() {
        kit = ActorTestKit.create();
    }

    @AfterAll
    void stopActors() {
        kit.shutdownTestKit();
    }

    private static final class ScriptedLine implements ConsoleFlow.Line {
        private final LinkedBlockingQueue<CompletableFuture<ByteString>> reads = new LinkedBlockingQueue<>();
        private final LinkedBlockingQueue<CompletableFuture<Done>> writes = new LinkedBlockingQueue<>();
        private final List<String> written = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Void> closed = new CompletableFuture<>();

        @Override
        public CompletionStage<ByteString> read() {
            CompletableFuture<ByteString> read = new CompletableFuture<>();
            reads.add(read);
            return read;
        }

        @Override
        public CompletionStage<Done> write(ByteString input) {
            CompletableFuture<Done> write = new CompletableFuture<>();
            written.add(input.utf8String());
            writes.add(write);
            return write;
        }

        @Override
        public void close() {
            closed.complete(null);
        }

        void output(String text) throws InterruptedException {
            reads.poll(20, TimeUnit.SECONDS).complete(ByteString.fromString(text));
        }
    }

    private void connect(boolean readOnly, ConsoleFlow.Limits limits) {
        line = new ScriptedLine();
        Pair<SourceQueueWithComplete<FrameEventOrError>, SinkQueueWithCancel<FrameEvent>> ends =
                Source.<FrameEventOrError>queue(16, OverflowStrategy.fail())
                        .via(new ConsoleFlow(line, readOnly, limits))
                        .toMat(
                                Sink.<FrameEvent>queue()
                                        .withAttributes(org.apache.pekko.stream.Attributes.inputBuffer(1, 1)),
                                Keep.both())
                        .run(kit.system());
        viewer = ends.first();
        screen = ends.second();
    }

    private static FrameStart frame(int opcode, String text) {
        return FrameEvent.fullFrame(
                Protocol.Opcode$.MODULE$.forCode((byte) opcode),
                Option.empty(),
                ByteString.fromString(text),
                true,
                false,
                false,
                false);
    }

    private String next() throws Exception {
        FrameStart frame = (FrameStart) screen.pull()
                .toCompletableFuture()
                .get(20, TimeUnit.SECONDS)
                .orElseThrow(() -> new AssertionError("the console ended"));
        byte[] payload = frame.data().toArray();
        int opcode = frame.header().opcode().code();
        return opcode == CLOSE
                ? "close " + ((payload[0] & 0xff) << 8 | payload[1] & 0xff) + ' '
                        + new String(payload, 2, payload.length - 2, StandardCharsets.UTF_8)
                : opcode + " " + new String(payload, StandardCharsets.UTF_8);
    }

    @Test
    void shouldSendOutputAsItComesAndHoldOnePieceOnly() throws Exception {
        connect(false, PATIENT);
        line.output("one");
        line.output(""); // nothing for a while
        line.output("two");
        assertThat(next()).isEqualTo(BINARY + " one");
        assertThat(next()).isEqualTo(BINARY + " two");
    }

    @Test
    void shouldNotReadFromAViewerBeforeTheGuestHasTaken() throws Exception {
        connect(false, PATIENT);
        viewer.offer(frame(TEXT, "first"));
        viewer.offer(frame(BINARY, "second"));
        CompletableFuture<Done> first = line.writes.poll(20, TimeUnit.SECONDS);
        assertThat(line.written).containsExactly("first");
        first.complete(Done.getInstance());
        assertThat(line.writes.poll(20, TimeUnit.SECONDS)).isNotNull();
        assertThat(line.written).containsExactly("first", "second");
    }

    @Test
    void shouldCutOffAViewerThatDoesNotReadAndSayWhy() throws Exception {
        connect(false, HASTY);
        CompletableFuture<ByteString> read = line.reads.poll(20, TimeUnit.SECONDS);
        for (int i = 0; read != null; i++) {
            read.complete(ByteString.fromString("piece " + i));
            read = line.reads.poll(3, TimeUnit.SECONDS); // no more, when it holds what it can
        }
        String last = next();
        while (!last.startsWith("close")) {
            last = next();
        }
        assertThat(last).isEqualTo("close 1008 output was not read for 200 ms");
    }

    @Test
    void shouldCutTheConnectionOfAViewerThatDoesNotEvenTakeTheClose() throws Exception {
        connect(false, new ConsoleFlow.Limits(Duration.ofMillis(100), Duration.ofMillis(100), Duration.ofSeconds(20)));
        for (int i = 0; i < 4; i++) {
            CompletableFuture<ByteString> read = line.reads.poll(2, TimeUnit.SECONDS);
            if (read != null) {
                read.complete(ByteString.fromString("piece " + i));
            }
        }
        line.closed.get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldRefuseAHugeFrameByItsLengthAlone() throws Exception {
        connect(false, PATIENT);
        FrameStart huge = frame(BINARY, "");
        viewer.offer(new FrameStart(
                new org.apache.pekko.http.impl.engine.ws.FrameHeader(
                        huge.header().opcode(), Option.empty(), 1L << 40, true, false, false, false),
                ByteString.fromString("beginning")));
        assertThat(next()).isEqualTo("close 1009 a frame of 1099511627776 bytes; at most 65536");
        assertThat(line.written).isEmpty();
    }

    @Test
    void shouldAnswerPingsAndTheClose() throws Exception {
        connect(false, PATIENT);
        viewer.offer(frame(PING, "are you there"));
        assertThat(next()).isEqualTo(PONG + " are you there");
        viewer.offer(frame(CLOSE, ""));
        assertThat(next()).startsWith("close 1000");
        line.closed.get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldDropWhatIsTypedAtAConsoleThatIsOnlyLookedAt() throws Exception {
        connect(true, PATIENT);
        viewer.offer(frame(TEXT, "rm -rf"));
        viewer.offer(frame(PING, "x"));
        assertThat(next()).isEqualTo(PONG + " x");
        assertThat(line.written).isEmpty();
    }

    @Test
    void shouldCloseWithTheReasonOfTheLine() throws Exception {
        connect(false, PATIENT);
        line.reads
                .poll(20, TimeUnit.SECONDS)
                .completeExceptionally(new ConsoleEnd(1000, "VM db is stopped".repeat(20)));
        String close = next();
        assertThat(close).startsWith("close 1000 VM db is stopped");
        assertThat(close.length()).as("a control frame has a bound").isEqualTo("close 1000 ".length() + 123);
        viewer.complete();
        line.closed.get(20, TimeUnit.SECONDS);
    }

    @Test
    void shouldGiveUpItsLineWhenTheViewerVanishes() throws ExecutionException, InterruptedException {
        connect(false, PATIENT);
        screen.cancel();
        try {
            line.closed.get(20, TimeUnit.SECONDS);
        } catch (java.util.concurrent.TimeoutException late) {
            throw new AssertionError("the line is still held", late);
        }
    }
}
