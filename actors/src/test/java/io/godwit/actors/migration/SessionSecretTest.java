package io.godwit.actors.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.actors.vm.Problem;
import io.godwit.config.Encryption;
import io.godwit.config.InvalidValueException;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionSecretTest {
    /** Python's hmac.new(bytes(range(32)), bytes(range(32, 64)), 'sha256'). */
    private static final String EXPECTED = "62215de7bddcea7e2c4047ff6bb94f8d18262fc8b3f3648134bb7d44158ff84d";

    @Test
    void shouldBeTheHmacOfBothParts() {
        SessionSecret secret = SessionSecret.of(part(0), part(32));

        assertThat(HexFormat.of().formatHex(secret.bytes())).isEqualTo(EXPECTED);
    }

    private static SecretPart part(int first) {
        byte[] bytes = new byte[SecretPart.LENGTH];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (first + i);
        }
        return new SecretPart(bytes);
    }

    @Test
    void shouldNeedBothParts() {
        assertThat(SessionSecret.of(part(0), null)).isNull();
        assertThat(SessionSecret.of(null, part(0))).isNull();
        assertThat(SessionSecret.of(part(0), part(1)).bytes())
                .isNotEqualTo(SessionSecret.of(part(1), part(0)).bytes());
    }

    @Test
    void shouldBeFreshEachTime() {
        assertThat(SecretPart.fresh()).isNotEqualTo(SecretPart.fresh());
        assertThat(SecretPart.fresh().bytes()).hasSize(32).isNotEqualTo(new byte[32]);
    }

    @Test
    void shouldRefuseAPartOfAnotherLength() {
        assertThatThrownBy(() -> new SecretPart(new byte[31]))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageContaining("31 bytes")
                .hasMessageContaining("32 bytes");
    }

    /** Whatever is printed of a message that carries it. */
    @Test
    void shouldNotShowInAnyText() {
        SecretPart part = part(7);
        String shown = part + " " + SessionSecret.of(part, part) + " "
                + new MigrationSource.Admitted(null, null, List.of(), part);

        assertThat(shown)
                .contains("not shown")
                .doesNotContain(HexFormat.of().formatHex(part.bytes(), 0, 4))
                .doesNotContain("7, 8, 9");
    }

    @Test
    void shouldSealNothingWithoutTlsAndSayWhyWhereThatWasAsked() {
        MigrationSecurity plain = MigrationSecurity.of(null);

        assertThat(plain.newPart(Encryption.AUTO)).isNull();
        assertThat(plain.refusal(Encryption.AUTO)).isNull();
        assertThat(plain.refusal(Encryption.OFF)).isNull();
        Problem refused = plain.refusal(Encryption.ON);
        assertThat(refused.kind()).isEqualTo(Problem.Kind.INVALID);
        assertThat(refused.field()).isEqualTo("encryption");
        assertThat(refused.detail()).contains("without TLS").contains("tls.certificate");
    }
}
