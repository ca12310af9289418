package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.Renewal;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PermitMessageTest {
    static Stream<PermitMessage> messages() {
        return Stream.of(
                new PermitMessage.Renew(new Renewal(SOUTH, -7)),
                new PermitMessage.AskTerm(),
                new PermitMessage.Granted(new Grant(new HostIdentity("süd 1", "x".repeat(64)), 9)),
                new PermitMessage.NotGranted(),
                new PermitMessage.NotLeading(""),
                new PermitMessage.NotLeading("host2"),
                new PermitMessage.Term(12));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldReadWhatItWrites(PermitMessage message) {
        assertThat(PermitMessage.decode(message.encode())).isEqualTo(message);
    }

    @Test
    void shouldKeepItsBytes() {
        assertThat(HexFormat.of().formatHex(new PermitMessage.Renew(new Renewal(SOUTH, 7)).encode()))
                .isEqualTo("0101" + "0000000000000007" + "0005736f757468" + "00027331");
        assertThat(HexFormat.of().formatHex(new PermitMessage.Term(3).encode())).isEqualTo("01060000000000000003");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "01",
                "0202",
                "0107",
                "010200",
                "0103",
                "010100000000000000070000" + "0000",
                "01010000000000000007ffff",
                "0101000000000000000700016100410000000000"
            })
    void shouldRefuseWhatIsMalformed(String hex) {
        assertThatThrownBy(() -> PermitMessage.decode(HexFormat.of().parseHex(hex)))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("permit message");
    }

    @Test
    void shouldFailInOneWayForWhateverBytes() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes =
                    messages().skip(random.nextInt(7)).findFirst().orElseThrow().encode();
            byte[] broken = Arrays.copyOf(bytes, random.nextInt(bytes.length + 4));
            if (broken.length > 0) {
                broken[random.nextInt(broken.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                PermitMessage read = PermitMessage.decode(broken);
                assertThat(PermitMessage.decode(read.encode())).isEqualTo(read);
            } catch (LedgerFormatException refused) {
                assertThat(refused).hasMessageContaining("permit message");
            }
        }
    }
}
