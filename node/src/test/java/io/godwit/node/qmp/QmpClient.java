package io.godwit.node.qmp;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/** A client of a QMP socket that reads line by line; the tests' own timeouts end what does not come. */
final class QmpClient implements AutoCloseable {
    private static final ObjectMapper JSON = new ObjectMapper();
    private final SocketChannel channel;
    private final ByteBuffer input = ByteBuffer.allocate(64 << 10).flip();

    private QmpClient(SocketChannel channel) {
        this.channel = channel;
    }

    static QmpClient open(Path socket) throws IOException {
        return new QmpClient(SocketChannel.open(UnixDomainSocketAddress.of(socket)));
    }

    void send(String text) throws IOException {
        sendRaw(text.getBytes(UTF_8));
    }

    void sendRaw(byte[] bytes) throws IOException {
        for (ByteBuffer left = ByteBuffer.wrap(bytes); left.hasRemaining(); ) {
            channel.write(left);
        }
    }

    void endInput() throws IOException {
        channel.shutdownOutput();
    }

    /** The next message; null at the end. */
    JsonNode read() throws IOException {
        ByteArrayOutputStream line = new ByteArrayOutputStream();
        while (true) {
            if (!input.hasRemaining()) {
                input.clear();
                if (channel.read(input) < 0) {
                    return null;
                }
                input.flip();
            }
            byte next = input.get();
            if (next == '\n') {
                return JSON.readTree(line.toByteArray());
            }
            line.write(next);
        }
    }

    JsonNode ask(String command) throws IOException {
        send(command);
        return read();
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
