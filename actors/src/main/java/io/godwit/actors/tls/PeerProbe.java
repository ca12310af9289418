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
    private static final int AFTERTHOUGHT_MS = 1_500;
    /**
     * How an Artery connection begins: four bytes and the stream's number, here 1, control. An Artery in the clear waits
     * for what follows; whoever expects TLS answers with an alert or ends the connection.
     */
    private static final byte[] ARTERY_HELLO = "AKKA\1".getBytes(StandardCharsets.US_ASCII);
    /** Who answered. */
    public sealed interface Finding {}

    /** Both would talk; over TLS {@code names} are the peer's. */
    public record Agreed(@Nullable CertificateNames names) implements Finding {}

    /** They would not; {@code reason} names the address. */
    public record Refused(String reason) implements Finding {}

    /** Nobody answered, which says nothing about certificates. */
    public record Silent(String reason) implements Finding {}

    private PeerProbe() {}

    /**
     * Whether the two would talk, which a peer that refuses says late.
     *
     * @param tls this node's, null for a node without certificates
     */
    public static Finding dial(String host, int port, @Nullable NodeTls tls) {
        return dial(host, port, tls, true);
    }

    /** Only who answers: the peer has proven that by the end of the handshake, whatever it thinks of this node. */
    public static Finding identify(String host, int port, NodeTls tls) {
        return dial(host, port, tls, false);
    }

    private static Finding dial(String host, int port, @Nullable NodeTls tls, boolean waits) {
        String address = host + ':' + port;
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(host, port), CONNECT_MS);
            return tls == null ? plain(socket, address) : encrypted(tls, socket, host, port, waits);
        } catch (IOException unreachable) {
            return new Silent(address + " does not answer: " + unreachable.getMessage());
        }
    }

    private static Finding encrypted(NodeTls tls, Socket socket, String host, int port, boolean waits) {
        String address = host + ':' + port;
        try (SSLSocket secured = tls.secure(socket, host, port)) {
            socket.setSoTimeout(HANDSHAKE_MS);
            secured.startHandshake();
            CertificateNames names =
                    CertificateNames.of((X509Certificate) secured.getSession().getPeerCertificates()[0]);
            socket.setSoTimeout(AFTERTHOUGHT_MS);
            return !waits || awaitAlert(secured) ? new Agreed(names) : new Refused(address + " ended the connection");
        } catch (SSLException failed) {
            return new Refused(
                    HandshakeFailure.isToldAlready(failed)
                            ? HandshakeFailure.explain(failed)
                            : address + ": " + HandshakeFailure.explain(failed));
        } catch (IOException ended) {
            return new Refused(address + " does not answer in TLS (" + ended.getMessage()
                    + "); is it a node without certificates?");
        }
    }

    /** Whether the peer waits for what this end has to say; an alert fails the read. */
    private static boolean awaitAlert(SSLSocket secured) throws IOException {
        try {
            return secured.getInputStream().read() >= 0;
        } catch (SocketTimeoutException content) {
            return true;
        }
    }

    private static Finding plain(Socket socket, String address) {
        Refused refused = new Refused(address + " speaks TLS and this node has no certificates;"
                + " expected tls.certificate, tls.key and tls.ca in its configuration");
        try {
            socket.setSoTimeout(AFTERTHOUGHT_MS);
            socket.getOutputStream().write(ARTERY_HELLO);
            int unused = socket.getInputStream().read(); // its end, or the first byte of an alert
            return refused;
        } catch (SocketTimeoutException content) {
            return new Agreed(null); // it waits for more
        } catch (IOException reset) {
            return refused;
        }
    }
}
