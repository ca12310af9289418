package io.godwit.transport.stream;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.PortUnreachableException;
import java.nio.ByteBuffer;
import java.nio.channels.DatagramChannel;
import java.util.concurrent.TimeUnit;

/**
 * Asks a silent target's host whether anybody still listens on the lane's port: a host whose process has died answers
 * with ICMP port unreachable (RFC 1122, 4.1.3.1), which Aeron does not tell; a link that is down answers nothing. The
 * datagram is one byte, which Aeron ignores.
 */
final class PeerProbe implements AutoCloseable {
    private static final long PAUSE_NS = TimeUnit.MILLISECONDS.toNanos(50);

    private final DatagramChannel channel;
    private final ByteBuffer question = ByteBuffer.allocate(1);
    private final ByteBuffer answer = ByteBuffer.allocate(16);
    private long nextNs;

    private PeerProbe(final DatagramChannel channel, final long nowNs) {
        this.channel = channel;
        this.nextNs = nowNs;
    }

    static PeerProbe of(final InetSocketAddress target, final long nowNs) throws IOException {
        final DatagramChannel channel = DatagramChannel.open();
        try {
            channel.configureBlocking(false);
            channel.connect(target);
            return new PeerProbe(channel, nowNs);
        } catch (final IOException | RuntimeException refused) {
            channel.close();
            throw refused;
        }
    }

    /** Whether the host said that nobody listens. Does not wait: ask again. */
    boolean isNobodyThere(final long nowNs) {
        try {
            answer.clear();
            channel.read(answer);
            if (nowNs - nextNs >= 0) {
                nextNs = nowNs + PAUSE_NS;
                question.clear();
                channel.write(question);
            }
            return false;
        } catch (final PortUnreachableException nobody) {
            return true;
        } catch (final IOException noRoute) {
            return false; // the link is down, as suspected
        }
    }

    @Override
    public void close() {
        try {
            channel.close();
        } catch (final IOException alreadyClosed) {
            // a datagram socket has nothing left to say
        }
    }
}
