package io.godwit.control.ledger;

import static io.godwit.control.ledger.Samples.EAST;
import static io.godwit.control.ledger.Samples.NORTH;
import static io.godwit.control.ledger.Samples.OTHER_VM;
import static io.godwit.control.ledger.Samples.SOUTH;
import static io.godwit.control.ledger.Samples.VM;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.AutoRestart;
import io.godwit.config.Availability;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParametersChange;
import io.godwit.config.PlacementRule;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.Decision.Outcome;
import java.io.IOException;
import java.io.InputStream;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The golden files are what voters of the field have on disk: one line for each message. */
class LedgerCodecTest {
    private static final VmRecord RECORD = new VmRecord(
            VM,
            Samples.spec("probe"),
            SOUTH,
            3,
            DesiredState.PAUSED,
            new PreparedMigration("m2", 3, SOUTH, NORTH),
            new Decision("m1", Outcome.COMMITTED),
            MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, "1GiB/s"));

    private static final VmSpec DEVICES = Samples.withDevices(
            "probe",
            List.of(Samples.disk("fast/root.raw", false), Samples.disk("fast/seed.iso", true)),
            List.of(Samples.nic("02:00:00:00:00:01")));

    private static final VmSpec RESTARTED =
            Samples.spec("probe").with(new Availability(true, AutoRestart.ON_CRASH, 70, true));

    private static final VmSpec PLACED = Samples.spec("probe")
            .with(new VmPlacement(
                    List.of(
                            new PlacementRule(PlacementRule.Kind.APART, true, new TreeSet<>(List.of("other"))),
                            new PlacementRule(PlacementRule.Kind.ON, false, new TreeSet<>(List.of("east", "south")))),
                    "east",
                    new TreeSet<>(List.of("rack-7")),
                    true));

    @Test
    void shouldWriteAndReadCommandsAsTheGoldenFileHasThem() throws IOException {
        Map<String, LedgerCommand> commands = new LinkedHashMap<>();
        List.of(
                        new LedgerCommand.Create("r1", VM, Samples.spec("probe"), SOUTH),
                        new LedgerCommand.Delete("r2", VM, SOUTH, 4),
                        new LedgerCommand.SetDesired("r3", VM, SOUTH, 4, DesiredState.RUNNING),
                        new LedgerCommand.Reclaim("r4", VM, SOUTH, 4, new HostIdentity("south", "s2")),
                        new LedgerCommand.Prepare("r5", VM, "m1", 4, SOUTH, NORTH),
                        new LedgerCommand.Abort("r6", VM, "m1"),
                        new LedgerCommand.Commit("r7", VM, "m1"),
                        new LedgerCommand.ChangeVmParameters(
                                "r8",
                                VM,
                                new ParametersChange(
                                        false,
                                        MigrationParameters.of(MigrationParameter.DOWNTIME_LIMIT, "80ms"),
                                        new TreeSet<>(List.of("max-bandwidth")))),
                        new LedgerCommand.ChangeClusterParameters(
                                "r9",
                                ParametersChange.replacing(MigrationParameters.of(MigrationParameter.CHANNELS, 4))),
                        new LedgerCommand.Create("r10", VM, DEVICES, SOUTH),
                        new LedgerCommand.SetGuarded("r11", VM, SOUTH, 4, true),
                        new LedgerCommand.Claim("r12", VM, SOUTH, 4, null, NORTH),
                        new LedgerCommand.Claim("r13", VM, SOUTH, 4, "m1", NORTH),
                        new LedgerCommand.ConfirmDead("r14", SOUTH),
                        new LedgerCommand.Create("r15", VM, RESTARTED, SOUTH),
                        new LedgerCommand.BeginMaintenance("r16", "south", "d1", false, 2),
                        new LedgerCommand.NoteMove("r17", "south", "d1", VM, "north"),
                        new LedgerCommand.EndMaintenance("r18", "south", "d1", true),
                        new LedgerCommand.SetAutoMigrate("r19", "south", false),
                        new LedgerCommand.Define("r20", VM, Samples.spec("probe"), SOUTH, DesiredState.RUNNING, true),
                        new LedgerCommand.Create("r21", VM, PLACED, SOUTH),
                        new LedgerCommand.SetRebalancer("r22", RebalancerMode.ARMED),
                        new LedgerCommand.BeginBalanceMove("r23", Samples.balanceMove("m1", 4, false)),
                        new LedgerCommand.EndBalanceMove(
                                "r24", VM, "m1", BalanceMove.State.CANCELLED, "an operator asked for it", 0.25, 900),
                        new LedgerCommand.NameHost("r25", "south", "d0"),
                        new LedgerCommand.ReleaseName("r26", "south"),
                        new LedgerCommand.AdmitHost("r27", "south", "d0", 2),
                        new LedgerCommand.RaiseLevel("r28", 2))
                .forEach(command -> commands.put(text(LedgerCodec.encode(command)), command));

        assertThat(commands.keySet()).containsExactlyElementsOf(golden("commands-v4.jsonl"));
        commands.forEach((line, command) ->
                assertThat(LedgerCodec.decodeCommand(line.getBytes(UTF_8))).isEqualTo(command));
    }

    @Test
    void shouldWriteAndReadAnswersAsTheGoldenFileHasThem() throws IOException {
        Map<String, LedgerAnswer> answers = new LinkedHashMap<>();
        List.of(
                        new LedgerAnswer.Applied(RECORD),
                        new LedgerAnswer.Applied(null),
                        new LedgerAnswer.AlreadyDecided(new Decision("m1", Outcome.ABORTED)),
                        new LedgerAnswer.AlreadyDecided(new Decision("m1", Outcome.CLAIMED)),
                        new LedgerAnswer.Refused("name \"probe\" is taken", RECORD),
                        new LedgerAnswer.Refused("no VM", null))
                .forEach(answer -> answers.put(text(LedgerCodec.encode(answer)), answer));

        assertThat(answers.keySet()).containsExactlyElementsOf(golden("answers-v4.jsonl"));
        answers.forEach((line, answer) ->
                assertThat(LedgerCodec.decodeAnswer(line.getBytes(UTF_8))).isEqualTo(answer));
    }

    @Test
    void shouldWriteAndReadSnapshotsAsTheGoldenFileHasThem() throws IOException {
        LedgerState state = Samples.withVm();
        state.apply(Samples.prepare("p", "m1"));
        state.apply(Samples.commit("c", "m1"));
        state.apply(Samples.create("r", OTHER_VM, "gone"));
        state.apply(new LedgerCommand.Delete("d", OTHER_VM, SOUTH, 1));
        state.apply(new LedgerCommand.SetGuarded("g", VM, NORTH, 2, true));
        state.apply(new LedgerCommand.ConfirmDead("e", EAST));
        state.apply(new LedgerCommand.ChangeClusterParameters(
                "all", ParametersChange.setting(MigrationParameters.of(MigrationParameter.CHANNELS, 4))));
        state.apply(new LedgerCommand.BeginMaintenance("b", "south", "d1", false, 2));
        state.apply(new LedgerCommand.NoteMove("n", "south", "d1", VM, "north"));

        byte[] bytes = LedgerCodec.encode(state.snapshot());

        assertThat(List.of(text(bytes))).isEqualTo(golden("snapshot-v4.jsonl"));
        assertThat(LedgerCodec.decodeSnapshot(bytes)).isEqualTo(state.snapshot());
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3})
    void shouldReadWhatOlderVersionsWrote(int version) throws IOException {
        List<LedgerCommand> commands = golden("commands-v4.jsonl").stream()
                .map(LedgerCodecTest::decode)
                .toList();
        List<LedgerCommand> older = golden("commands-v" + version + ".jsonl").stream()
                .map(LedgerCodecTest::decode)
                .toList();
        assertThat(commands.subList(0, older.size())).isEqualTo(older);

        List<LedgerAnswer> answers = golden("answers-v4.jsonl").stream()
                .map(line -> LedgerCodec.decodeAnswer(line.getBytes(UTF_8)))
                .toList();
        assertThat(golden("answers-v" + version + ".jsonl"))
                .map(line -> LedgerCodec.decodeAnswer(line.getBytes(UTF_8)))
                .isNotEmpty()
                .isSubsetOf(answers);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2})
    void shouldReadOlderSnapshotsAsVmsThatStayWithTheirOwners(int version) throws IOException {
        LedgerSnapshot older = snapshot("snapshot-v" + version + ".jsonl");
        LedgerSnapshot newer = snapshot("snapshot-v4.jsonl");

        assertThat(older.vms()).isEqualTo(newer.vms());
        assertThat(older.retiredIds()).isEqualTo(newer.retiredIds());
        assertThat(older.failover()).isEqualTo(new LedgerSnapshot.Failover(List.of(), List.of()));
        assertThat(newer.failover()).isEqualTo(new LedgerSnapshot.Failover(List.of(VM), List.of(EAST)));
    }

    @Test
    void shouldReadASnapshotOfVersion3AsHostsThatNeverWereDrained() throws IOException {
        LedgerSnapshot older = snapshot("snapshot-v3.jsonl");
        LedgerSnapshot newer = snapshot("snapshot-v4.jsonl");

        assertThat(older.failover()).isEqualTo(newer.failover());
        assertThat(older.maintenance()).isEmpty();
        assertThat(newer.maintenance())
                .containsExactly(new HostMaintenance(
                        "south",
                        HostMaintenance.State.DRAINING,
                        "d1",
                        2,
                        List.of(new HostMaintenance.Move(VM, "north"))));
        assertThat(LedgerCodec.decodeMaintenance(LedgerCodec.encodeMaintenance(newer.maintenance())))
                .isEqualTo(newer.maintenance());
    }

    @Test
    void shouldRefuseWhatAnOlderVersionDidNotHave() throws IOException {
        String maintenance = golden("snapshot-v4.jsonl").get(0).replace("\"v\":4", "\"v\":3");
        assertThatThrownBy(() -> LedgerCodec.decodeSnapshot(maintenance.getBytes(UTF_8)))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("maintenance")
                .hasMessageContaining("version 4");

        String failover = golden("snapshot-v3.jsonl").get(0);
        assertThatThrownBy(() -> LedgerCodec.decodeSnapshot(
                        failover.replace("\"v\":3", "\"v\":2").getBytes(UTF_8)))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("failover")
                .hasMessageContaining("version 3");
    }

    private static LedgerSnapshot snapshot(String name) throws IOException {
        return LedgerCodec.decodeSnapshot(golden(name).get(0).getBytes(UTF_8));
    }

    @Test
    void shouldRefuseDevicesUnderAVersionThatHadNone() {
        String devices = text(LedgerCodec.encode(new LedgerCommand.Create("r", VM, DEVICES, SOUTH)));

        assertThatThrownBy(() -> decode(devices.replace("\"v\":4", "\"v\":1")))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("disks")
                .hasMessageContaining("version 2");
    }

    @Test
    void shouldRefuseAvailabilityUnderAVersionThatHadNone() {
        String restarted = text(LedgerCodec.encode(new LedgerCommand.Create("r", VM, RESTARTED, SOUTH)));

        assertThatThrownBy(() -> decode(restarted.replace("\"v\":4", "\"v\":3")))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessage("ledger VM of version 3 has availability; expected version 4");
    }

    @Test
    void shouldRefusePlacementUnderAVersionThatHadNone() {
        String placed = text(LedgerCodec.encode(new LedgerCommand.Create("r", VM, PLACED, SOUTH)));

        assertThatThrownBy(() -> decode(placed.replace("\"v\":4", "\"v\":3")))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessage("ledger VM of version 3 has placement; expected version 4");
    }

    @Test
    void shouldRefuseAnAvailabilityThatNoOperatorCouldHaveAskedFor() {
        String restarted = text(LedgerCodec.encode(new LedgerCommand.Create("r", VM, RESTARTED, SOUTH)));

        assertThatThrownBy(() -> decode(restarted.replace("\"priority\":70", "\"priority\":101")))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("priority")
                .hasMessageContaining("0 to 100");
    }

    @Test
    void shouldReadBackLists() {
        assertThat(LedgerCodec.decodeRecords(LedgerCodec.encode(List.of(RECORD))))
                .containsExactly(RECORD);
        assertThat(LedgerCodec.decodeRecords(LedgerCodec.encode(List.of()))).isEmpty();
    }

    @Test
    void shouldRefuseAnotherVersionByName() {
        assertThatThrownBy(() -> decode("{\"v\":5,\"body\":{\"type\":\"abort\"}}"))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessage("ledger command has version 5; this Godwit reads 1 to 4");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "null",
                "[]",
                "\"v\"",
                "{",
                "{\"v\":4}",
                "{\"v\":\"4\",\"body\":{}}",
                "{\"v\":4,\"body\":null}",
                "{\"v\":4,\"body\":{\"type\":\"abort\",\"requestId\":\"r\",\"vmId\":\"v\"}}",
                "{\"v\":4,\"body\":{\"type\":\"abort\",\"requestId\":\"r\",\"vmId\":\"v\",\"migrationId\":7}}",
                "{\"v\":4,\"body\":{\"type\":\"abort\",\"requestId\":null,\"vmId\":\"v\",\"migrationId\":\"m\"}}",
                "{\"v\":4,\"body\":{\"type\":\"abort\",\"requestId\":\"r\",\"vmId\":\"v\",\"migrationId\":\"m\",\"x\":1}}",
                "{\"v\":4,\"body\":{\"type\":\"abort\",\"requestId\":\"r\",\"requestId\":\"s\",\"vmId\":\"v\",\"migrationId\":\"m\"}}",
                "{\"v\":4,\"x\":1,\"body\":{\"type\":\"abort\",\"requestId\":\"r\",\"vmId\":\"v\",\"migrationId\":\"m\"}}",
                "{\"v\":4,\"body\":{\"type\":\"explode\",\"requestId\":\"r\"}}",
                "{\"v\":4,\"body\":{\"type\":\"abort\",\"requestId\":\"r\",\"vmId\":\"v\",\"migrationId\":\"m\"}} {}"
            })
    void shouldRefuseWhatIsNotACommand(String text) {
        assertThatThrownBy(() -> decode(text)).isInstanceOf(LedgerFormatException.class);
    }

    @Test
    void shouldRefuseAVmThatNoOperatorCouldHaveCreated() {
        String valid = text(LedgerCodec.encode(Samples.create("r", VM, "probe")));

        assertThatThrownBy(() -> decode(valid.replace("\"vcpus\":2", "\"vcpus\":0")))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("vcpus");
    }

    @Test
    void shouldRefuseACommandOfMoreBytesThanAnyHas() {
        assertThatThrownBy(() -> decode(" ".repeat(LedgerCodec.MAX_MESSAGE_BYTES + 1)))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("65536");
    }

    @Test
    void shouldEitherReadOrRefuseDamagedBytesButNeverBreak() {
        byte[] valid = LedgerCodec.encode(Samples.create("r", VM, "probe"));
        SplittableRandom random = new SplittableRandom(42);
        for (int i = 0; i < 20_000; i++) {
            byte[] damaged = valid.clone();
            int changes = 1 + random.nextInt(3);
            for (int change = 0; change < changes; change++) {
                damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
            }
            try {
                LedgerCodec.decodeCommand(damaged);
            } catch (LedgerFormatException refused) {
                assertThat(refused).hasMessageStartingWith("ledger ");
            }
        }
    }

    private static LedgerCommand decode(String text) {
        return LedgerCodec.decodeCommand(text.getBytes(UTF_8));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, UTF_8);
    }

    private static List<String> golden(String name) throws IOException {
        try (InputStream file = LedgerCodecTest.class.getResourceAsStream(name)) {
            return text(file.readAllBytes()).lines().toList();
        }
    }
}
