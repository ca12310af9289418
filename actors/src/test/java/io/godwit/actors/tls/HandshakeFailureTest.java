package io.godwit.actors.tls;

import static org.assertj.core.api.Assertions.assertThat;

import java.security.cert.CertificateException;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The JDK's words, as JDK 17 and 25 write them. */
class HandshakeFailureTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "Unsupported or unrecognized SSL message | what it sends is not TLS",
                "(certificate_required) Empty client certificate chain | it has no certificate to show",
                "Empty client certificate chain | it has no certificate to show",
                "(certificate_unknown) Received fatal alert: certificate_unknown | it refused this node's certificate (certificate_unknown)",
                "Received fatal alert: bad_certificate | it refused this node's certificate (bad_certificate)",
                "Received fatal alert: protocol_version | it does not speak TLS 1.3",
                "Remote host terminated the handshake | it ended the handshake",
                "something else | the TLS handshake failed: something else"
            })
    void shouldSayWhatFailed(String jdk, String told) {
        assertThat(HandshakeFailure.explain(new SSLException(jdk))).startsWith(told);
    }

    @Test
    void shouldKeepTheReasonOfTheCertificatesJudge() {
        RefusedPeerException refused = new RefusedPeerException("refused x, whose …", new CertificateException("path"));
        SSLException failed = new SSLException("wrapped", refused);

        assertThat(HandshakeFailure.isToldAlready(failed)).isTrue();
        assertThat(HandshakeFailure.explain(failed)).isEqualTo("refused x, whose …");
        assertThat(HandshakeFailure.isToldAlready(new SSLException("other"))).isFalse();
    }

    @Test
    void shouldTellARefusalFromALostConnection() {
        assertThat(HandshakeFailure.isRefusal(new SSLException("Received fatal alert: certificate_expired")))
                .isTrue();
        assertThat(HandshakeFailure.isRefusal(new SSLException("Received fatal alert: internal_error")))
                .isFalse();
        assertThat(HandshakeFailure.isRefusal(new SSLException("closing inbound before receiving peer's close_notify")))
                .isFalse();
    }
}
