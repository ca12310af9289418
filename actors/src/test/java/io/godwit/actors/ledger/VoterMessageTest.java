package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.SOUTH;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.control.join.ClusterNode;
import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinQuestion;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.Renewal;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class VoterMessageTest {
    private static final VoterMessage STATUS = new VoterMessage.Status(
            new LedgerServer.RoleInfo("host1", "follower", Optional.of("host2"), 3, 40, 41),
            new VoterSet(
                    7,
                    List.of(
                            new LedgerSettings.Voter("host1", "10.0.0.1", 7_402),
                            new LedgerSettings.Voter("host2", "10.0.0.2", 7_402))));
    private static final ClusterNode NODE = new ClusterNode("prod@10.0.0.1:7401", 5);
    private static final List<VoterMessage> MESSAGES = messages().toList();

    static Stream<VoterMessage> messages() {
        return Stream.of(
                new VoterMessage.Renew(new Renewal(SOUTH, -7)),
                new VoterMessage.AskTerm(),
                new VoterMessage.Granted(new Grant(new HostIdentity("süd 1", "x".repeat(64)), 9)),
                new VoterMessage.NotGranted(),
                new VoterMessage.NotLeading(""),
                new VoterMessage.NotLeading("host2"),
                new VoterMessage.Term(12),
                new VoterMessage.Read(new LedgerRead.ListAll()),
                new VoterMessage.Read(new LedgerRead.Parameters()),
                new VoterMessage.Read(new LedgerRead.Maintenance()),
                new VoterMessage.Read(new LedgerRead.Backup()),
                new VoterMessage.AskStatus(),
                new VoterMessage.AskCopy(),
                new VoterMessage.AskName("host1"),
                new VoterMessage.Name(true),
                new VoterMessage.AskLevel(),
                new VoterMessage.Level(2, 1),
                new VoterMessage.Level(65_535, 65_535),
                new VoterMessage.Name(false),
                new VoterMessage.AskJoin(new JoinQuestion(NODE, true, List.of(), 0)),
                new VoterMessage.AskJoin(new JoinQuestion(
                        new ClusterNode("prod@[fd00::1]:65535", Long.MIN_VALUE), false, List.of(NODE, NODE), 65_535)),
                new VoterMessage.Joining(new JoinAnswer.Wait()),
                new VoterMessage.Joining(new JoinAnswer.Form()),
                new VoterMessage.Joining(new JoinAnswer.Join(List.of(NODE.address(), "prod@10.0.0.2:7401"))),
                new VoterMessage.Copy(new VoterCopy(3, 41)),
                new VoterMessage.Status(
                        new LedgerServer.RoleInfo("a", "leader", Optional.of("a"), 3, 41, 41),
                        new VoterSet(
                                new Generation(2, "0123456789abcdef"),
                                VoterSet.BOOTSTRAP,
                                List.of(new LedgerSettings.Voter("a", "10.0.0.1", 7_402)))),
                STATUS,
                new VoterMessage.Status(
                        new LedgerServer.RoleInfo("a", "candidate", Optional.empty(), 0, -1, -1),
                        new VoterSet(VoterSet.BOOTSTRAP, List.of(new LedgerSettings.Voter("a", "fd00::1", 65_535)))),
                new VoterMessage.Read(new LedgerRead.Find("0123456789abcdefghjkmnpqrs")));
    }

    @ParameterizedTest
    @MethodSource("messages")
    void shouldReadWhatItWrites(VoterMessage message) {
        assertThat(VoterMessage.decode(message.encode())).isEqualTo(message);
    }

    @Test
    void shouldCarryAnAnswerOfAnySize() {
        byte[] records = new byte[3 * VoterMessage.MAX_BYTES];
        Arrays.fill(records, (byte) 7);

        VoterMessage read = VoterMessage.decode(new VoterMessage.Answer(records).encode());

        assertThat(((VoterMessage.Answer) read).bytes()).isEqualTo(records);
        byte[] noAnswer = new byte[3 * VoterMessage.MAX_BYTES];
        noAnswer[0] = VoterMessage.VERSION;
        assertThatThrownBy(() -> VoterMessage.decode(noAnswer)).hasMessageContaining("at most 4096");
    }

    @Test
    void shouldKeepItsBytes() {
        assertThat(HexFormat.of().formatHex(new VoterMessage.Renew(new Renewal(SOUTH, 7)).encode()))
                .isEqualTo("0101" + "0000000000000007" + "0005736f757468" + "00027331");
        assertThat(HexFormat.of().formatHex(new VoterMessage.Term(3).encode())).isEqualTo("01060000000000000003");
        assertThat(HexFormat.of().formatHex(new VoterMessage.AskLevel().encode()))
                .isEqualTo("010f");
        assertThat(HexFormat.of().formatHex(new VoterMessage.Level(2, 1).encode()))
                .isEqualTo("0110" + "0002" + "0001");
        String node = "0012" + "70726f644031302e302e302e313a37343031";
        assertThat(HexFormat.of()
                        .formatHex(new VoterMessage.AskJoin(new JoinQuestion(NODE, true, List.of(NODE), 3)).encode()))
                .isEqualTo("0111" + node + "0000000000000005" + "01" + "0003" + "01" + node + "0000000000000005");
        assertThat(HexFormat.of()
                        .formatHex(new VoterMessage.Joining(new JoinAnswer.Join(List.of(NODE.address()))).encode()))
                .isEqualTo("0112" + "02" + "01" + node);
        assertThat(HexFormat.of().formatHex(STATUS.encode()))
                .isEqualTo("010a" + "0005686f737431" + "0008666f6c6c6f776572" + "0005686f737432" + "0000000000000003"
                        + "0000000000000028" + "0000000000000029" + "0000000000000007" + "02" + "0005686f737431"
                        + "000831302e302e302e31" + "1cea" + "0005686f737432" + "000831302e302e302e32" + "1cea");
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
                "01100002",
                "010a",
                "0111000178",
                "01110001780000000000000005010000" + "00",
                "011103",
                "011203",
                "01120200",
                "01120209",
                "011202010001" + "78",
                "010a00016100016200000000000000000000000000000000000000000000000000000000000000000000",
                "010700086c69737420616c6c",
                "0107000666696e64203f",
                "010100000000000000070000" + "0000",
                "01010000000000000007ffff",
                "0101000000000000000700016100410000000000"
            })
    void shouldRefuseWhatIsMalformed(String hex) {
        assertThatThrownBy(() -> VoterMessage.decode(HexFormat.of().parseHex(hex)))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("voter message");
    }

    @Test
    void shouldFailInOneWayForWhateverBytes() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = messages()
                    .skip(random.nextInt(MESSAGES.size()))
                    .findFirst()
                    .orElseThrow()
                    .encode();
            byte[] broken = Arrays.copyOf(bytes, random.nextInt(bytes.length + 4));
            if (broken.length > 0) {
                broken[random.nextInt(broken.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                VoterMessage read = VoterMessage.decode(broken);
                assertThat(VoterMessage.decode(read.encode()).encode()).isEqualTo(read.encode());
            } catch (LedgerFormatException refused) {
                assertThat(refused).hasMessageContaining("voter message");
            }
        }
    }
}
