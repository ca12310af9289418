package io.godwit.actors.tls;

import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The JDK's reasons for a handshake that failed, in an operator's words. */
final class HandshakeFailure {
    /** How the JDK begins the message about an alert that came from the peer. */
    private static final String ALERT =
            "(certificate_|bad_certificate|unknown_ca|handshake_failure|access_denied|protocol_version)";

    private HandshakeFailure() {}

    /** Whether the certificate's judge has logged it. */
    static boolean isToldAlready(Throwable failure) {
        return refusedPeer(failure) != null;
    }

    /** Whether the peer refused this node, which a dialler may hear only after its own handshake is over. */
    static boolean isRefusal(Throwable failure) {
        return alert(failure).matches(".*" + ALERT + ".*");
    }

    static String explain(Throwable failure) {
        RefusedPeerException refused = refusedPeer(failure);
        if (refused != null) {
            return String.valueOf(refused.getMessage());
        }
        String alert = alert(failure);
        if (alert.contains("protocol_version")) {
            return "it does not speak TLS 1.3";
        }
        if (isRefusal(failure)) {
            return "it refused this node's certificate (" + alert + "); its log says why";
        }
        String message = String.valueOf(failure.getMessage());
        String lower = message.toLowerCase(Locale.ROOT);
        if (lower.contains("unrecognized ssl message") || lower.contains("plaintext connection")) {
            return "what it sends is not TLS; is it a node without certificates, or no node at all?";
        } else if (lower.contains("empty client certificate chain") || lower.contains("bad_certificate")) {
            return "it has no certificate to show";
        } else if (lower.contains("remote host terminated") || lower.contains("closed by remote")) {
            return "it ended the handshake; is it a node without certificates?";
        } else if (lower.contains("supported_versions") || lower.contains("protocol")) {
            return "it does not speak TLS 1.3 (" + message + ')';
        }
        return "the TLS handshake failed: " + message;
    }

    /** The name of an alert that the peer sent, or nothing. */
    private static String alert(Throwable failure) {
        String prefix = "Received fatal alert: ";
        String message = String.valueOf(failure.getMessage());
        int at = message.indexOf(prefix);
        return at < 0 ? "" : message.substring(at + prefix.length());
    }

    private static @Nullable RefusedPeerException refusedPeer(Throwable failure) {
        for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
            if (cause instanceof RefusedPeerException refused) {
                return refused;
            }
        }
        return null;
    }
}
