package io.godwit.config;

import io.godwit.config.tls.CertificateNames;
import io.godwit.config.tls.NodeCertificate;
import io.godwit.config.tls.PemException;
import io.godwit.config.tls.PemFile;
import java.nio.file.Path;
import java.security.PrivateKey;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The {@code tls} section, and whether its files are what a node can prove itself with. */
final class TlsReader {
    private static final List<ConfigKey<Optional<Path>>> FILES =
            List.of(ConfigKeys.TLS_CERTIFICATE, ConfigKeys.TLS_KEY, ConfigKeys.TLS_CA);

    private interface PemReader<T> {
        T read(Path file) throws PemException;
    }

    private final ConfigSource source;
    private final Instant now = Instant.now();

    TlsReader(ConfigSource source) {
        this.source = source;
    }

    /**
     * Reads and checks; what is wrong is refused at the source.
     *
     * @param dialled by key: what other nodes dial to reach this one, which its certificate has to name
     */
    Optional<NodeConfig.Tls> read(String host, Map<ConfigKey<?>, String> dialled) {
        Map<ConfigKey<?>, Path> files = new LinkedHashMap<>();
        FILES.forEach(key -> source.value(key).flatMap(file -> file).ifPresent(file -> files.put(key, file)));
        List<String> authz = authz(!files.isEmpty());
        if (files.isEmpty()) {
            return Optional.empty();
        }
        for (ConfigKey<?> key : FILES) {
            if (!files.containsKey(key)) {
                source.refuse(key, "missing; expected all of tls.certificate, tls.key and tls.ca, or none of them");
            }
        }
        check(files, host, dialled);
        return Optional.of(new NodeConfig.Tls(
                files.getOrDefault(ConfigKeys.TLS_CERTIFICATE, Path.of("")),
                files.getOrDefault(ConfigKeys.TLS_KEY, Path.of("")),
                files.getOrDefault(ConfigKeys.TLS_CA, Path.of("")),
                authz));
    }

    private List<String> authz(boolean certified) {
        if (!source.has(ConfigKeys.TLS_AUTHZ)) {
            return List.of(NodeConfig.Tls.EVERYBODY);
        }
        List<String> names = source.list(ConfigKeys.TLS_AUTHZ);
        if (names.isEmpty()) {
            source.refuse(
                    ConfigKeys.TLS_AUTHZ,
                    "nobody could migrate to this host; expected names, or \"*\" for every certificate of the CA");
        } else if (!certified && !names.contains(NodeConfig.Tls.EVERYBODY)) {
            source.refuse(
                    ConfigKeys.TLS_AUTHZ,
                    "names are only known from certificates; expected tls.certificate, tls.key and tls.ca beside it");
        }
        return names;
    }

    private void check(Map<ConfigKey<?>, Path> files, String host, Map<ConfigKey<?>, String> dialled) {
        Optional<List<X509Certificate>> chain = pem(files, ConfigKeys.TLS_CERTIFICATE, PemFile::certificates);
        Optional<PrivateKey> key = pem(files, ConfigKeys.TLS_KEY, PemFile::privateKey);
        Optional<List<X509Certificate>> ca = pem(files, ConfigKeys.TLS_CA, PemFile::certificates);
        chain.ifPresent(certificates -> checkNames(CertificateNames.of(certificates.get(0)), host, dialled));
        ca.ifPresent(this::checkAuthorities);
        Optional<String> untimely = chain.flatMap(certificates -> NodeCertificate.untimely(certificates.get(0), now));
        untimely.ifPresent(why -> source.refuse(ConfigKeys.TLS_CERTIFICATE, why + "; expected one that is valid now"));
        if (chain.isEmpty() || key.isEmpty() || ca.isEmpty()) {
            return;
        }
        NodeCertificate all = new NodeCertificate(chain.get(), key.get(), ca.get());
        if (!all.keyFits()) {
            source.refuse(ConfigKeys.TLS_KEY, "is not the key of tls.certificate; expected the one made with it");
        }
        if (untimely.isEmpty()) {
            all.unsigned(now)
                    .ifPresent(why -> source.refuse(
                            ConfigKeys.TLS_CERTIFICATE,
                            "is not signed by tls.ca (" + why + "); expected a certificate of this cluster's CA,"
                                    + " followed by those between, if any"));
        }
    }

    private void checkNames(CertificateNames names, String host, Map<ConfigKey<?>, String> dialled) {
        if (!names.include(host)) {
            source.refuse(
                    ConfigKeys.TLS_CERTIFICATE,
                    "names " + names + "; expected " + host
                            + ", which is host.name, among its subject alternative names");
        }
        dialled.forEach((key, address) -> {
            if (!names.include(address)) {
                source.refuse(
                        ConfigKeys.TLS_CERTIFICATE,
                        "names " + names + "; expected " + address + " too, which the other nodes dial (" + key.path()
                                + ")");
            }
        });
    }

    private void checkAuthorities(List<X509Certificate> authorities) {
        if (authorities.stream()
                .allMatch(authority -> NodeCertificate.untimely(authority, now).isPresent())) {
            String why = NodeCertificate.untimely(authorities.get(0), now).orElse("");
            source.refuse(ConfigKeys.TLS_CA, why + "; expected a CA that is valid now");
        }
    }

    private <T> Optional<T> pem(Map<ConfigKey<?>, Path> files, ConfigKey<?> key, PemReader<T> reader) {
        Path file = files.get(key);
        if (file == null) {
            return Optional.empty();
        }
        try {
            return Optional.of(reader.read(file));
        } catch (PemException unusable) {
            source.refuse(key, String.valueOf(unusable.getMessage()));
            return Optional.empty();
        }
    }
}
