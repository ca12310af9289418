package io.godwit.node.http;

import io.godwit.node.api.EventInfo;
import io.godwit.node.api.Json;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.NotUsed;
import org.apache.pekko.http.javadsl.model.ContentTypes;
import org.apache.pekko.http.javadsl.model.HttpEntities;
import org.apache.pekko.http.javadsl.model.HttpResponse;
import org.apache.pekko.http.javadsl.model.MediaTypes;
import org.apache.pekko.http.javadsl.model.headers.RawHeader;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.util.ByteString;

/** What happens, as server-sent events without a name, each with an {@link EventInfo} as its data. */
final class EventStream {
    private static final Duration KEEP_ALIVE = Duration.ofSeconds(10);

    private final ClusterAccess cluster;

    EventStream(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    CompletionStage<HttpResponse> open(Call call) {
        Source<ByteString, NotUsed> events = cluster.events().map(event -> frame(Views.event(event)));
        Source<ByteString, NotUsed> stream =
                Source.single(comment("from now on")).concat(events.keepAlive(KEEP_ALIVE, () -> comment("still here")));
        return CompletableFuture.completedStage(HttpResponse.create()
                .addHeader(RawHeader.create("Cache-Control", "no-cache"))
                .withEntity(HttpEntities.createChunked(ContentTypes.create(MediaTypes.TEXT_EVENT_STREAM), stream)));
    }

    /** JSON on one line: no byte of it can end the frame early. */
    private static ByteString frame(EventInfo event) {
        return ByteString.fromString("data: " + Json.writeText(event) + "\n\n");
    }

    private static ByteString comment(String text) {
        return ByteString.fromString(": " + text + "\n\n");
    }
}
