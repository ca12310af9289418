package io.godwit.actors.tls;

import io.godwit.config.tls.CertificateNames;
import io.godwit.config.tls.NodeCertificate;
import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.Optional;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.X509ExtendedTrustManager;
import org.jspecify.annotations.Nullable;

/**
 * Judges a peer's certificate. The JDK decides (path to the CA, validity, purpose, and the name that was dialled); this
 * says why in the words of an operator and logs it.
 */
public final class PeerTrust extends X509ExtendedTrustManager {
    private static final String INBOUND = "a peer that dialled this node";

    private interface Judgement {
        void pass() throws CertificateException;
    }

    private final X509ExtendedTrustManager jdk;
    private final NodeCertificate own;
    private final RefusalLog refusals;

    PeerTrust(X509ExtendedTrustManager jdk, NodeCertificate own, RefusalLog refusals) {
        this.jdk = jdk;
        this.own = own;
        this.refusals = refusals;
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        judge(chain, INBOUND, null, () -> jdk.checkClientTrusted(chain, authType, engine));
    }

    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        judge(chain, INBOUND, null, () -> jdk.checkClientTrusted(chain, authType, socket));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, SSLEngine engine)
            throws CertificateException {
        String host = engine.getPeerHost();
        judge(chain, host + ":" + engine.getPeerPort(), host, () -> jdk.checkServerTrusted(chain, authType, engine));
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType, Socket socket)
            throws CertificateException {
        SSLSession session = socket instanceof SSLSocket tls ? tls.getHandshakeSession() : null;
        if (session == null) {
            throw new CertificateException("a certificate is judged with its connection");
        }
        String host = session.getPeerHost();
        judge(chain, host + ":" + session.getPeerPort(), host, () -> jdk.checkServerTrusted(chain, authType, socket));
    }

    /** Without a connection nothing says who was dialled: never used, and never enough. */
    @Override
    public void checkClientTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("a certificate is judged with its connection");
    }

    @Override
    public void checkServerTrusted(X509Certificate[] chain, String authType) throws CertificateException {
        throw new CertificateException("a certificate is judged with its connection");
    }

    @Override
    public X509Certificate[] getAcceptedIssuers() {
        return jdk.getAcceptedIssuers();
    }

    private void judge(X509Certificate[] chain, String peer, @Nullable String dialled, Judgement judgement)
            throws RefusedPeerException {
        try {
            judgement.pass();
        } catch (CertificateException refused) {
            String refusal = "refused " + peer + ", whose certificate " + reason(chain, dialled, refused);
            refusals.tell(refusal);
            throw new RefusedPeerException(refusal, refused);
        }
    }

    /** To be read after "whose certificate". */
    private String reason(X509Certificate[] chain, @Nullable String dialled, CertificateException refused) {
        X509Certificate leaf = chain[0];
        CertificateNames names = CertificateNames.of(leaf);
        String whose = "names " + names + " and ";
        Instant now = Instant.now();
        Optional<String> untimely = NodeCertificate.untimely(leaf, now);
        if (untimely.isPresent()) {
            return whose + untimely.get();
        }
        if (new NodeCertificate(java.util.List.of(chain), own.key(), own.authorities())
                .unsigned(now)
                .isPresent()) {
            return whose + "is not signed by this cluster's CA, but by \"" + leaf.getIssuerX500Principal() + '"';
        }
        if (dialled != null && !names.include(dialled)) {
            return "names " + names + ", but not " + dialled + ", which was dialled";
        }
        return whose + "was not accepted: " + refused.getMessage();
    }
}
