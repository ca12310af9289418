package io.godwit.benchmarks.io;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import org.jspecify.annotations.Nullable;

/**
 * Sends UDP that makes packets of 1514 bytes to a guest, as fast as the tap takes them: its queue counts against the
 * socket's buffer, so a full one makes the sender wait.
 */
final class PacketSource implements AutoCloseable {
    private static final int PAYLOAD_BYTES = 1514 - 14 - 20 - 8; // Ethernet, IPv4, UDP
    private static final int DISCARD_PORT = 9;
    private static final long STOP_LIMIT_MS = 10_000;

    private @Nullable Thread sender;
    private volatile boolean stopped;

    void start(Tap tap) throws IOException {
        if (sender != null) {
            return;
        }
        tap.knowGuest();
        stopped = false;
        Thread thread = new Thread(this::send, "packet-source");
        thread.setDaemon(true);
        thread.start();
        sender = thread;
    }

    private void send() {
        ByteBuffer payload = ByteBuffer.allocateDirect(PAYLOAD_BYTES);
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.bind(new InetSocketAddress(Tap.HOST_ADDRESS, 0));
            channel.connect(new InetSocketAddress(Tap.GUEST_ADDRESS, DISCARD_PORT));
            while (!stopped) {
                payload.clear();
                channel.write(payload);
            }
        } catch (IOException ended) {
            // the link went down: the guest has said by then what it counted
        }
    }

    void stop() throws InterruptedException {
        Thread thread = sender;
        if (thread != null) {
            close();
            thread.join(STOP_LIMIT_MS);
            sender = null;
        }
    }

    /** Does not wait for the sender. */
    @Override
    public void close() {
        Thread thread = sender;
        if (thread != null) {
            stopped = true;
            thread.interrupt(); // a full socket may keep it
        }
    }
}
