package io.godwit.actors.tls;

import io.godwit.config.tls.CertificateNames;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.security.cert.X509Certificate;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLSocket;
import org.jspecify.annotations.Nullable;

/** Dials a node's cluster address to see who answers there, and whether the two would talk. Blocks. */
public final class PeerProbe {
    private static final int CONNECT_MS = 2_000;
    private static final int HANDSHAKE_MS = 3_000;
    /** A peer that refuses this node's certificate says so after the dialler's part of the handshake is over. */
    private static final int AFTERTHOUGHT_MS = 500;
    /** How an Artery connection begins: four bytes and the stream's number, here 1, control. */
    private static final byte[] ARTERY_HELLO = "AKKA\1".getBytes(StandardCharsets.US_ASCII);
    /** Of a TLS record that is an alert (RFC 8446, 5.1). */
    private static final int TLS_ALERT = 21;

    /** Who answered. */
    public sealed interface Finding {}

    /** Both would talk; over TLS {@code names} are the peer's. */
    public record Agreed(@Nullable CertificateNames names) implements Finding {}

    /** They would not; {@code reason} names the address. */
    public record Refused(String reason) implements Finding {}

    /** Nobody answered, which says nothing about certificates. */
    public record Silent(String reason) implements Finding {}

    private PeerProbe() {}

    /** @param tls this node's, null for a node without certificates */
    public static Finding dial(String host, int port, @Nullable NodeTls tls) {
        InetSocketAddress address = new InetSocketAddress(host, port);
        try (Socket socket = new Socket()) {
            socket.connect(address, CONNECT_MS);
            return tls == null ? plain(socket, host + ':' + port) : encrypted(tls, socket, host, port);
        } catch (IOException unreachable) {
            return new Silent(host + ':' + port + " does not answer: " + unreachable.getMessage());
        }
    }

    private static Finding encrypted(NodeTls tls, Socket socket, String host, int port) throws IOException {
        socket.setSoTimeout(HANDSHAKE_MS);
        try (SSLSocket secured = tls.secure(socket, host, port)) {
            secured.startHandshake();
            CertificateNames names =
                    CertificateNames.of((X509Certificate) secured.getSession().getPeerCertificates()[0]);
            socket.setSoTimeout(AFTERTHOUGHT_MS);
            readAlert(secured);
            return new Agreed(names);
        } catch (SocketTimeoutException mute) {
            return new Refused(host + ':' + port + " does not answer in TLS; is it a node without certificates?");
        } catch (SSLException failed) {
            return new Refused(
                    HandshakeFailure.isToldAlready(failed)
                            ? HandshakeFailure.explain(failed)
                            : host + ':' + port + ": " + HandshakeFailure.explain(failed));
        }
    }

    /** Returns where there is nothing to read. */
    private static void readAlert(SSLSocket secured) throws IOException {
        try {
            int ended = secured.getInputStream().read();
            if (ended >= 0) {
                throw new IOException("a node that was dialled does not speak first");
            }
        } catch (SocketTimeoutException content) {
            // It waits for what this end has to say.
        }
    }

    private static Finding plain(Socket socket, String address) throws IOException {
        socket.setSoTimeout(AFTERTHOUGHT_MS);
        socket.getOutputStream().write(ARTERY_HELLO);
        try {
            return socket.getInputStream().read() == TLS_ALERT
                    ? new Refused(address + " speaks TLS and this node has no certificates;"
                            + " expected tls.certificate, tls.key and tls.ca in its configuration")
                    : new Agreed(null);
        } catch (SocketTimeoutException content) {
            return new Agreed(null);
        }
    }
}
