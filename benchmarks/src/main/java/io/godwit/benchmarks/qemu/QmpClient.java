package io.godwit.benchmarks.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.benchmarks.qemu.QmpMessage.Failure;
import io.godwit.benchmarks.qemu.QmpMessage.Greeting;
import io.godwit.benchmarks.qemu.QmpMessage.Return;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.Map;

/** One QEMU's monitor, over its UNIX socket: a command at a time, events left aside. For one thread. */
final class QmpClient implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofSeconds(30);

    private final SocketChannel channel;
    private final Selector selector;
    private final LineSplitter splitter = new LineSplitter();
    private final Deque<String> lines = new ArrayDeque<>();
    private final ByteBuffer buffer = ByteBuffer.allocate(1 << 16);
    private final String version;
    private long lastId;

    private QmpClient(SocketChannel channel, Selector selector) throws IOException {
        this.channel = channel;
        this.selector = selector;
        QmpMessage first = QmpMessage.parse(nextLine(deadline()));
        if (!(first instanceof Greeting greeting)) {
            throw new QmpException("QEMU's monitor began with " + first + "; expected its greeting");
        }
        version = greeting.version();
        execute("qmp_capabilities", Map.of());
    }

    /** Connects, reads the greeting and leaves negotiation mode. */
    static QmpClient connect(Path socket) throws IOException {
        SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
        Selector selector = Selector.open();
        try {
            channel.connect(UnixDomainSocketAddress.of(socket));
            channel.configureBlocking(false);
            channel.register(selector, SelectionKey.OP_READ);
            return new QmpClient(channel, selector);
        } catch (IOException | RuntimeException failed) {
            channel.close();
            selector.close();
            throw failed;
        }
    }

    /** QEMU's version, such as 7.2.22. */
    String version() {
        return version;
    }

    /**
     * Carries out a command and returns its value.
     *
     * @throws QmpException when QEMU refuses it; names the command and the reason
     */
    JsonNode execute(String command, Map<String, ?> arguments) throws IOException {
        long id = ++lastId;
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("execute", command);
        if (!arguments.isEmpty()) {
            request.put("arguments", arguments);
        }
        request.put("id", id);
        send(QmpMessage.JSON.writeValueAsString(request) + "\n");
        long deadline = deadline();
        while (true) {
            QmpMessage message = QmpMessage.parse(nextLine(deadline));
            if (message instanceof Return answer && answer.id() == id) {
                return answer.value();
            }
            if (message instanceof Failure failure && (failure.id() == id || failure.id() < 0)) {
                throw new QmpException(
                        "QEMU refused " + command + ": " + failure.description() + " (" + failure.errorClass() + ")");
            }
        }
    }

    private static long deadline() {
        return System.nanoTime() + LIMIT.toNanos();
    }

    /** A command is far smaller than a socket's buffer; a monitor that takes none is stuck. */
    private void send(String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        channel.write(bytes);
        if (bytes.hasRemaining()) {
            throw new QmpException("QEMU's monitor does not take commands");
        }
    }

    private String nextLine(long deadline) throws IOException {
        while (lines.isEmpty()) {
            long leftMs = (deadline - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                throw new QmpException("QEMU's monitor did not answer in " + LIMIT.toSeconds() + " s");
            }
            selector.select(leftMs);
            selector.selectedKeys().clear();
            buffer.clear();
            if (channel.read(buffer) < 0) {
                throw new QmpException("QEMU's monitor closed the connection");
            }
            lines.addAll(splitter.add(buffer.flip()));
        }
        return lines.remove();
    }

    @Override
    public void close() throws IOException {
        selector.close();
        channel.close();
    }
}
