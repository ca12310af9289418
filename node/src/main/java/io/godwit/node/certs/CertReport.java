package io.godwit.node.certs;

import io.godwit.config.tls.CertificateNames;
import io.godwit.config.tls.NodeCertificate;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What a certificate says, for people and as JSON. */
public final class CertReport {
    private CertReport() {}

    /** {@code subject, issuer, names, notBefore, notAfter, state, ca}. */
    public static Map<String, Object> of(X509Certificate certificate, Instant now) {
        CertificateNames names = CertificateNames.of(certificate);
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("subject", certificate.getSubjectX500Principal().getName());
        report.put("issuer", certificate.getIssuerX500Principal().getName());
        report.put(
                "names",
                List.copyOf(Stream.concat(names.hosts().stream(), names.addresses().stream())
                        .toList()));
        report.put("notBefore", certificate.getNotBefore().toInstant().toString());
        report.put("notAfter", certificate.getNotAfter().toInstant().toString());
        report.put("state", NodeCertificate.untimely(certificate, now).orElse("valid"));
        report.put("ca", certificate.getBasicConstraints() >= 0);
        return report;
    }

    /** The same in lines. */
    public static String text(X509Certificate certificate, Instant now) {
        return of(certificate, now).entrySet().stream()
                .map(entry -> "  %-10s %s%n"
                        .formatted(
                                entry.getKey(),
                                entry.getValue() instanceof List<?> list
                                        ? list.stream().map(String::valueOf).collect(Collectors.joining(", "))
                                        : entry.getValue()))
                .collect(Collectors.joining());
    }
}
