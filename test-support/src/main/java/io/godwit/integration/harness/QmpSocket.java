package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** A client of a VM's QMP socket, as any QMP client would be: nothing of Godwit's own code is used. */
public final class QmpSocket implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private final SocketChannel channel;
    private final List<JsonNode> messages = new CopyOnWriteArrayList<>();
    private final AtomicInteger ids = new AtomicInteger();

    private QmpSocket(SocketChannel channel) {
        this.channel = channel;
    }

    /** Connects to the socket of a VM on a node, once it is there, and reads the greeting. */
    public static QmpSocket open(TestNode node, ProbeVm vm) throws IOException {
        Path path = node.qmpSocket(vm.name());
        within(LIMIT, path + " is there", () -> Files.exists(path));
        QmpSocket socket = new QmpSocket(SocketChannel.open(UnixDomainSocketAddress.of(path)));
        Thread reader = new Thread(socket::read, "godwit-it-qmp");
        reader.setDaemon(true);
        reader.start();
        within(LIMIT, "the greeting", () -> socket.messages.get(0).has("QMP"));
        return socket;
    }

    /** The same, with the capabilities negotiated: events are told from now on. */
    public static QmpSocket negotiated(TestNode node, ProbeVm vm) throws IOException {
        QmpSocket socket = open(node, vm);
        socket.ask("qmp_capabilities", Map.of());
        return socket;
    }

    private void read() {
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(Channels.newInputStream(channel), UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                messages.add(Rest.read(line));
            }
        } catch (IOException closed) {
            // By close(), or by the node: what was read stands.
        }
    }

    /** Bytes as they are. */
    public void send(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    /** Sends a command and returns its reply, which may be an error. */
    public JsonNode reply(String command, Map<String, ?> arguments) {
        int id = ids.incrementAndGet();
        try {
            send(Rest.write(Map.of("execute", command, "arguments", arguments, "id", id)) + "\n");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        within(LIMIT, "the reply to " + command, () -> find(id) != null);
        return find(id);
    }

    private JsonNode find(int id) {
        return messages.stream()
                .filter(message -> message.path("id").asInt() == id)
                .findFirst()
                .orElse(null);
    }

    /** What a command returns that must succeed. */
    public JsonNode ask(String command, Map<String, ?> arguments) {
        JsonNode reply = reply(command, arguments);
        if (!reply.has("return")) {
            throw new AssertionError(command + " was answered " + reply);
        }
        return reply.get("return");
    }

    /** Everything that was read, in its order. */
    public List<JsonNode> messages() {
        return List.copyOf(messages);
    }

    /** The events so far, each by its name and a migration's status: {@code MIGRATION active}, {@code STOP} ... */
    public List<String> events() {
        return messages.stream()
                .filter(message -> message.has("event"))
                .map(message -> (message.path("event").asText()
                                + ' '
                                + message.path("data").path("status").asText())
                        .strip())
                .toList();
    }

    public void awaitEvent(String event, Duration limit) {
        within(limit, "the event " + event, () -> events().contains(event));
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
