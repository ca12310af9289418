package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;

import java.io.ByteArrayOutputStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;

/** A viewer of a VM's console, connected to any node, that keeps all it sees. */
public final class ConsoleViewer implements WebSocket.Listener, AutoCloseable {
    private static final long LIMIT_S = 60;

    private final ByteArrayOutputStream seen = new ByteArrayOutputStream();
    private WebSocket socket;
    private volatile String ended = "";

    private ConsoleViewer() {}

    /** @param device {@code serial} or {@code console} */
    public static ConsoleViewer open(TestNode asked, String vm, String device) throws Exception {
        ConsoleViewer viewer = new ConsoleViewer();
        String url = "ws" + asked.url().substring("http".length()) + "/v1/vms/" + vm + "/console?device=" + device;
        viewer.socket = HttpClient.newHttpClient()
                .newWebSocketBuilder()
                .buildAsync(URI.create(url), viewer)
                .get(LIMIT_S, TimeUnit.SECONDS);
        return viewer;
    }

    /** Returns when the connection has taken it. */
    public void type(String text) throws Exception {
        byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
        socket.sendBinary(ByteBuffer.wrap(bytes), true).get(LIMIT_S, TimeUnit.SECONDS);
    }

    public String seen() {
        synchronized (seen) {
            return seen.toString(StandardCharsets.ISO_8859_1);
        }
    }

    /** Why the server ended it; empty while it lives. */
    public String ended() {
        return ended;
    }

    public void awaitSeen(String text, Duration limit) {
        within(limit, "the console shows " + text, () -> seen().contains(text));
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        synchronized (seen) {
            seen.writeBytes(bytes);
        }
        from.request(1);
        return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int code, String reason) {
        ended = code + " " + reason;
        return null;
    }

    @Override
    public void onError(WebSocket from, Throwable failure) {
        ended = failure.toString();
    }

    @Override
    public void close() {
        socket.abort();
    }
}
