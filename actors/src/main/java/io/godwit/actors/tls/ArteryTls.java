package io.godwit.actors.tls;

import io.godwit.config.tls.CertificateNames;
import io.godwit.config.tls.NodeCertificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.apache.pekko.actor.setup.Setup;
import org.apache.pekko.remote.artery.tcp.SSLEngineProvider;
import org.apache.pekko.remote.artery.tcp.SSLEngineProviderSetup;
import scala.Option;

/** Artery's engines from the node's certificate. */
public final class ArteryTls implements SSLEngineProvider {
    private final NodeTls tls;

    private ArteryTls(NodeTls tls) {
        this.tls = tls;
    }

    /** What an actor system is created with, beside {@code transport = tls-tcp}. */
    public static Setup setup(NodeTls tls) {
        return SSLEngineProviderSetup.create(system -> new ArteryTls(tls));
    }

    @Override
    public SSLEngine createServerSSLEngine(String bindHost, int port) {
        return tls.serverEngine();
    }

    @Override
    public SSLEngine createClientSSLEngine(String host, int port) {
        return tls.clientEngine(host, port);
    }

    @Override
    public Option<Throwable> verifyClientSession(String host, SSLSession session) {
        return stillInTime(session);
    }

    @Override
    public Option<Throwable> verifyServerSession(String bindHost, SSLSession session) {
        return stillInTime(session);
    }

    /** A handshake judges a certificate, the resumption of its session does not: it may have expired in between. */
    private static Option<Throwable> stillInTime(SSLSession session) {
        try {
            X509Certificate leaf = (X509Certificate) session.getPeerCertificates()[0];
            return NodeCertificate.untimely(leaf, Instant.now())
                    .<Option<Throwable>>map(why -> Option.apply(new SSLPeerUnverifiedException(
                            "the certificate of " + CertificateNames.of(leaf) + ' ' + why)))
                    .orElseGet(Option::empty);
        } catch (SSLPeerUnverifiedException anonymous) {
            return Option.apply(anonymous);
        }
    }
}
