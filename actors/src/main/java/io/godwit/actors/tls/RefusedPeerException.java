package io.godwit.actors.tls;

import java.security.cert.CertificateException;

/** A peer's certificate was not accepted; the message names the peer and says why. */
final class RefusedPeerException extends CertificateException {
    RefusedPeerException(String message, CertificateException cause) {
        super(message, cause);
    }
}
