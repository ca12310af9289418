package io.godwit.actors.tls;

import io.godwit.config.NodeConfig;
import io.godwit.config.tls.NodeCertificate;
import io.godwit.config.tls.PemException;
import java.io.IOException;
import java.net.Socket;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.util.List;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** This node's end of every connection between nodes: what it shows, and whom it believes. Read once, at start. */
public final class NodeTls {
    /** The only one spoken: both ends are always nodes of the same age. */
    public static final String PROTOCOL = "TLSv1.3";

    private static final char[] IN_MEMORY = {};

    private final NodeCertificate certificate;
    private final List<String> authz;
    private final RefusalLog refusals = new RefusalLog();
    private final KeyManager keys;
    private final PeerTrust trust;
    private final SSLContext context;

    private NodeTls(NodeCertificate certificate, List<String> authz) throws GeneralSecurityException, IOException {
        this.certificate = certificate;
        this.authz = List.copyOf(authz);
        keys = keyManager(certificate);
        trust = new PeerTrust(trustManager(certificate.authorities()), certificate, refusals);
        context = SSLContext.getInstance(PROTOCOL);
        context.init(new KeyManager[] {keys}, new TrustManager[] {trust}, new SecureRandom());
    }

    /**
     * Reads the files of a configuration, which its reader has judged.
     *
     * @throws PemException when they changed since, and cannot be read any more
     */
    public static NodeTls open(NodeConfig.Tls tls) throws PemException {
        return of(NodeCertificate.read(tls.certificate(), tls.key(), tls.ca()), tls.authz());
    }

    /**
     * From what was read.
     *
     * @param authz names of certificates whose holders may migrate VMs to this host, or {@link NodeConfig.Tls#EVERYBODY}
     */
    public static NodeTls of(NodeCertificate certificate, List<String> authz) {
        try {
            return new NodeTls(certificate, authz);
        } catch (GeneralSecurityException | IOException unusable) {
            throw new IllegalArgumentException(
                    "the JDK cannot use " + certificate + ": " + unusable.getMessage(), unusable);
        }
    }

    private static KeyManager keyManager(NodeCertificate certificate) throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        store.setKeyEntry(
                "node", certificate.key(), IN_MEMORY, certificate.chain().toArray(new X509Certificate[0]));
        KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
        factory.init(store, IN_MEMORY);
        return factory.getKeyManagers()[0];
    }

    private static X509ExtendedTrustManager trustManager(List<X509Certificate> authorities)
            throws GeneralSecurityException, IOException {
        KeyStore store = KeyStore.getInstance("PKCS12");
        store.load(null, null);
        for (int i = 0; i < authorities.size(); i++) {
            store.setCertificateEntry("ca-" + i, authorities.get(i));
        }
        TrustManagerFactory factory = TrustManagerFactory.getInstance("PKIX");
        factory.init(store);
        return (X509ExtendedTrustManager) factory.getTrustManagers()[0];
    }

    public NodeCertificate certificate() {
        return certificate;
    }

    /** Names of certificates whose holders may migrate VMs to this host; {@code "*"} is everybody. */
    public List<String> authz() {
        return authz;
    }

    /** What this node shows. */
    public KeyManager keys() {
        return keys;
    }

    /** Whom it believes: members of its CA, and of those it dials only one that names what was dialled. */
    public PeerTrust trust() {
        return trust;
    }

    /** For a connection that somebody dialled: a certificate is demanded. */
    SSLEngine serverEngine() {
        SSLEngine engine = context.createSSLEngine();
        engine.setUseClientMode(false);
        SSLParameters parameters = engine.getSSLParameters();
        parameters.setProtocols(new String[] {PROTOCOL});
        parameters.setNeedClientAuth(true);
        engine.setSSLParameters(parameters);
        return new WatchedEngine(engine, "a peer that dialled this node", refusals);
    }

    /** For a connection to {@code host:port}, whose certificate has to name {@code host}. */
    SSLEngine clientEngine(String host, int port) {
        SSLEngine engine = context.createSSLEngine(host, port);
        engine.setUseClientMode(true);
        engine.setSSLParameters(dialling(engine.getSSLParameters()));
        return new WatchedEngine(engine, host + ':' + port, refusals);
    }

    /** The same over a socket that is connected to it, and is closed with it. */
    SSLSocket secure(Socket connected, String host, int port) throws IOException {
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket(connected, host, port, true);
        socket.setSSLParameters(dialling(socket.getSSLParameters()));
        return socket;
    }

    private static SSLParameters dialling(SSLParameters parameters) {
        parameters.setProtocols(new String[] {PROTOCOL});
        parameters.setEndpointIdentificationAlgorithm("HTTPS"); // the certificate names the host (RFC 2818)
        return parameters;
    }

    /** Without the key. */
    @Override
    public String toString() {
        return "TLS with the " + certificate;
    }
}
