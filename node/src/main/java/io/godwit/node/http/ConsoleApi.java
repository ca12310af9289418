package io.godwit.node.http;

import io.godwit.actors.vm.ConsoleRequest;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import io.godwit.config.device.ConsoleName;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.pekko.Done;
import org.apache.pekko.actor.ClassicActorSystemProvider;
import org.apache.pekko.http.impl.engine.ws.Masking;
import org.apache.pekko.http.impl.engine.ws.UpgradeToWebSocketLowLevel;
import org.apache.pekko.http.javadsl.model.AttributeKeys;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.util.ByteString;
import scala.Option;

/** A VM's consoles as WebSockets. */
final class ConsoleApi {
    static final ValueType<ConsoleName> DEVICE = ValueType.oneOf(ConsoleName.class);

    /** Of all VMs at this node. Several may look at one VM, and all of them may type. */
    static final int MAX_VIEWERS = 64;

    private static final String FULL =
            "this node has " + MAX_VIEWERS + " consoles open; close one, or ask another node";

    private final ClusterAccess cluster;
    private final ClassicActorSystemProvider system;
    private final AtomicInteger viewers = new AtomicInteger();

    ConsoleApi(ClusterAccess cluster, ClassicActorSystemProvider system) {
        this.cluster = cluster;
        this.system = system;
    }

    List<Endpoint> endpoints() {
        return List.of(
                new Endpoint("GET", "/v1/vms/{id}/console", Set.of("device", "from", "tail", "readOnly"), this::open));
    }

    private CompletionStage<HttpResponse> open(Call call) {
        ConsoleName console = call.query("device", DEVICE).orElse(ConsoleName.SERIAL);
        Optional<Long> from = call.query("from", Serial.POSITION);
        Optional<Long> tail = call.query("tail", Serial.POSITION);
        boolean readOnly = call.query("readOnly", ValueType.bool()).orElse(false);
        if (from.isPresent() && tail.isPresent()) {
            throw new InvalidValueException("tail", tail.get(), "nothing where from is given");
        }
        UpgradeToWebSocketLowLevel upgrade = upgrade(call);
        if (viewers.get() >= MAX_VIEWERS) {
            throw new HttpRefusal(503, "Unavailable", FULL);
        }
        String vm = call.variable("id");
        return end(vm, console).thenApply(end -> {
            long start = Math.min(
                    end, from.orElse(tail.map(bytes -> Math.max(0, end - bytes)).orElse(0L)));
            ConsoleFlow.Line line = new Counted(new ConsoleLine(cluster, system, vm, console, start));
            var flow = Masking.unmaskIf(true).via(new ConsoleFlow(line, readOnly, ConsoleFlow.Limits.USUAL));
            return upgrade.handleFrames(flow.mapMaterializedValue(used -> (Object) used), Option.empty());
        });
    }

    private static UpgradeToWebSocketLowLevel upgrade(Call call) {
        return call.request()
                .getAttribute(AttributeKeys.webSocketUpgrade)
                .map(UpgradeToWebSocketLowLevel.class::cast)
                .orElseThrow(() -> new HttpRefusal(
                        426,
                        "Upgrade required",
                        "a console is a WebSocket, and this request asks for none; GET …/serial reads what is kept",
                        RawHeader.create("Upgrade", "websocket")));
    }

    /** Where the output ends now; fails where the VM has no such console at the moment. */
    private CompletionStage<Long> end(String vm, ConsoleName console) {
        return cluster.request(vm, replyTo -> new ConsoleRequest.ReadConsole(console, 0, 0, 0, replyTo))
                .thenApply(answer -> ((VmActor.Serial) answer).end());
    }

    /** Counts a viewer for as long as its connection lives; of those that came at once, one too many is told so. */
    private final class Counted implements ConsoleFlow.Line {
        private final ConsoleFlow.Line line;
        private volatile boolean tooMany;

        Counted(ConsoleFlow.Line line) {
            this.line = line;
        }

        @Override
        public void open() {
            tooMany = viewers.incrementAndGet() > MAX_VIEWERS;
        }

        @Override
        public CompletionStage<ByteString> read() {
            return tooMany
                    ? CompletableFuture.failedStage(new ConsoleEnd(ConsoleEnd.TRY_AGAIN_LATER, FULL))
                    : line.read();
        }

        @Override
        public CompletionStage<Done> write(ByteString input) {
            return tooMany
                    ? CompletableFuture.failedStage(new ConsoleEnd(ConsoleEnd.TRY_AGAIN_LATER, FULL))
                    : line.write(input);
        }

        @Override
        public void close() {
            line.close();
            viewers.decrementAndGet();
        }
    }
}
