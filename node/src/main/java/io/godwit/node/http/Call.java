package io.godwit.node.http;

import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import io.godwit.node.api.Json;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.http.javadsl.model.HttpRequest;
import org.apache.pekko.http.scaladsl.model.EntityStreamSizeException;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.javadsl.Sink;

/** A request that found its endpoint. */
final class Call {
    /** Far above any request of the API: a command line is 2 KiB. */
    static final long MAX_BODY_BYTES = 64 << 10;

    /** Beyond this nobody reads on only to be polite. */
    private static final long MAX_DRAINED_BYTES = 8 << 20;

    private static final long BODY_TIMEOUT_MS = 10_000;

    private final HttpRequest request;
    private final Map<String, String> variables;
    private final Materializer materializer;

    Call(HttpRequest request, Map<String, String> variables, Materializer materializer) {
        this.request = request;
        this.variables = variables;
        this.materializer = materializer;
    }

    HttpRequest request() {
        return request;
    }

    /** A variable of the path's template. */
    String variable(String name) {
        String value = variables.get(name);
        if (value == null) {
            throw new IllegalArgumentException("the path has no {" + name + "}");
        }
        return value;
    }

    /**
     * A parameter of the query.
     *
     * @throws InvalidValueException when it is not what its type accepts
     */
    <T> Optional<T> query(String name, ValueType<T> type) {
        return request.getUri().query().get(name).map(text -> type.parse(name, text));
    }

    /**
     * The body as a JSON object; an empty body is an empty object. Its declared type does not matter: {@code curl -d}
     * says that it is a form.
     */
    CompletionStage<Map<String, Object>> json() {
        return bytes().thenApply(Call::parse);
    }

    /** The body as it came. */
    CompletionStage<byte[]> bytes() {
        return bytes(MAX_BODY_BYTES);
    }

    /** As {@link #bytes()}, of at most that many. */
    CompletionStage<byte[]> bytes(long maxBytes) {
        OptionalLong declared = request.entity().getContentLengthOption();
        if (declared.isPresent() && declared.getAsLong() > maxBytes) {
            return drained(declared.getAsLong()).thenCompose(read -> CompletableFuture.failedStage(tooLarge()));
        }
        return request.entity()
                .withSizeLimit(maxBytes)
                .toStrict(BODY_TIMEOUT_MS, materializer)
                .exceptionallyCompose(failure -> CompletableFuture.failedStage(unreadable(failure)))
                .thenApply(entity -> entity.getData().toArray());
    }

    /** A client that is still writing when the connection closes may never see why: it is heard out, within bounds. */
    private CompletionStage<?> drained(long declaredBytes) {
        if (declaredBytes > MAX_DRAINED_BYTES) {
            return CompletableFuture.completedStage(Done.getInstance());
        }
        return request.entity()
                .withoutSizeLimit()
                .getDataBytes()
                .completionTimeout(Duration.ofMillis(BODY_TIMEOUT_MS))
                .runWith(Sink.ignore(), materializer)
                .exceptionally(cutShort -> Done.getInstance());
    }

    private static HttpRefusal tooLarge() {
        return new HttpRefusal(413, "Too large", "the body is larger than " + MAX_BODY_BYTES + " bytes");
    }

    private static Map<String, Object> parse(byte[] body) {
        if (body.length == 0) {
            return Map.of();
        }
        try {
            return Json.readObject(body);
        } catch (Json.MalformedJsonException malformed) {
            throw new HttpRefusal(400, "Malformed JSON", String.valueOf(malformed.getMessage()));
        }
    }

    private static Throwable unreadable(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof EntityStreamSizeException
                ? tooLarge()
                : new HttpRefusal(400, "Unreadable body", "the body could not be read: " + cause.getMessage());
    }
}
