package io.godwit.transport.seal;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** RFC 5869, appendix A.1 to A.3: the cases with SHA-256. */
class HkdfTest {
    private static final HexFormat HEX = HexFormat.of();

    @ParameterizedTest
    @CsvSource({
        "11, 22, 0, 13, 240, 10, 077709362c2e32df0ddc3f0dc47bba6390b6c73bb50f9c3122ec844ad7c2b3e5,"
                + "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
        "-1, 80, 96, 80, 176, 80, 06a6b88c5853361a06104c9ceb35b45cef760014904671014a193f40c15fc244,"
                + "b11e398dc80327a1c8e7f78c596a49344f012eda2d4efad8a050cc4c19afa97c59045a99cac7827271cb41c65e590e09"
                + "da3275600c2f09b8367793a9aca3db71cc30c58179ec3e87c14c01d5c1f3434f1d87",
        "11, 22, 0, 0, 0, 0, 19ef24a32c717b167f33a91d6f648bdf96596776afdb6377ac434c1c293ccb04,"
                + "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
    })
    void shouldDeriveWhatTheRfcSays(
            final int inputByte,
            final int inputLength,
            final int saltFrom,
            final int saltLength,
            final int infoFrom,
            final int infoLength,
            final String pseudoRandomKey,
            final String output) {
        final byte[] input = inputByte < 0 ? counting(0, inputLength) : repeated(inputByte, inputLength);
        final byte[] extracted = Hkdf.extract(counting(saltFrom, saltLength), input);
        assertThat(HEX.formatHex(extracted)).isEqualTo(pseudoRandomKey);
        final byte[] expanded = Hkdf.expand(extracted, counting(infoFrom, infoLength), output.length() / 2);
        assertThat(HEX.formatHex(expanded)).isEqualTo(output);
    }

    @Test
    void shouldRefuseLengthsThatItCannotGive() {
        assertThatThrownBy(() -> Hkdf.expand(new byte[32], new byte[0], 255 * 32 + 1))
                .hasMessageContaining("8161 bytes: 1 to 8160");
        assertThatThrownBy(() -> Hkdf.expand(new byte[32], new byte[0], 0)).hasMessageContaining("1 to 8160");
    }

    private static byte[] counting(final int from, final int length) {
        final byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (from + i);
        }
        return bytes;
    }

    private static byte[] repeated(final int value, final int length) {
        final byte[] bytes = new byte[length];
        java.util.Arrays.fill(bytes, (byte) value);
        return bytes;
    }
}
