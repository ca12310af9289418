package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A viewer of a console that keeps what it sees. */
public final class TestConsole implements WebSocket.Listener, AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
    private final CompletableFuture<String> closed = new CompletableFuture<>();
    private WebSocket socket;

    private TestConsole() {}

    /** @param url of a console, such as {@code http://127.0.0.1:7400/v1/vms/db/console} */
    public static TestConsole open(String url) throws Exception {
        TestConsole console = new TestConsole();
        console.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create("ws" + url.substring("http".length())), console)
                .get(LIMIT.toSeconds(), TimeUnit.SECONDS);
        return console;
    }

    public void type(String text) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        socket.sendBinary(ByteBuffer.wrap(bytes), true).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    public void typeText(String text) throws Exception {
        socket.sendText(text, true).get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    public String seen() {
        synchronized (seen) {
            return seen.toString(StandardCharsets.ISO_8859_1);
        }
    }

    public void awaitSeen(String text) {
        await().atMost(LIMIT).untilAsserted(() -> assertThat(seen()).contains(text));
    }

    /** Waits until the server closes it: the code and the reason. */
    public String awaitClose() throws Exception {
        return closed.get(LIMIT.toSeconds(), TimeUnit.SECONDS);
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        synchronized (seen) {
            byte[] bytes = new byte[data.remaining()];
            data.get(bytes);
            seen.writeBytes(bytes);
        }
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        closed.complete(code + " " + reason);
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        closed.completeExceptionally(failure);
    }

    @Override
    public void close() {
        socket.abort();
    }
}
