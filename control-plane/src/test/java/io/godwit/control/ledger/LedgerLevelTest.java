package io.godwit.control.ledger;

import static io.godwit.control.ledger.Samples.VM;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class LedgerLevelTest {
    /** What builds could read before the ledger had levels: for ever. A new kind is of a higher level. */
    private static final Set<String> FIRST_KINDS = Set.of(
            "Create",
            "Define",
            "Delete",
            "SetDesired",
            "Reclaim",
            "SetGuarded",
            "Claim",
            "ConfirmDead",
            "SetAutoMigrate",
            "ChangeVmParameters",
            "ChangeClusterParameters",
            "ChangeDevices",
            "BeginMaintenance",
            "NoteMove",
            "EndMaintenance",
            "NameHost",
            "ReleaseName",
            "SetRebalancer",
            "BeginBalanceMove",
            "EndBalanceMove",
            "Prepare",
            "Abort",
            "Commit");

    private static final LedgerCommand ADMIT = new LedgerCommand.AdmitHost("admit", "south", "directory", 2);

    private final LedgerState state = Samples.withVm();

    @Test
    void shouldHaveEachNewKindOfCommandOfAHigherLevelThanTheFirst() throws IOException {
        List<LedgerCommand> commands;
        try (InputStream file = LedgerLevelTest.class.getResourceAsStream("commands-v4.jsonl")) {
            commands = new String(file.readAllBytes(), UTF_8)
                    .lines()
                    .map(line -> LedgerCodec.decodeCommand(line.getBytes(UTF_8)))
                    .toList();
        }

        for (LedgerCommand command : commands) {
            String kind = command.getClass().getSimpleName();
            assertThat(LedgerLevel.introduced(command))
                    .as(kind)
                    .isBetween(FIRST_KINDS.contains(kind) ? 1 : 2, FIRST_KINDS.contains(kind) ? 1 : LedgerLevel.SPOKEN);
        }
        assertThat(Set.of(LedgerCommand.class.getPermittedSubclasses()).stream()
                        .map(Class::getSimpleName)
                        .filter(kind -> !FIRST_KINDS.contains(kind))
                        .collect(Collectors.toSet()))
                .containsExactlyInAnyOrder("AdmitHost", "RaiseLevel");
    }

    @Test
    void shouldRefuseWhatNeedsAHigherLevelAndChangeNothing() {
        byte[] before = LedgerCodec.encode(state.snapshot());

        assertRefused(state.apply(ADMIT), "the ledger is of level 1; this command needs level 2");
        assertRefused(state.apply(raise("skip", 3)), "level 3 is not accepted; the ledger is of level 1, expected 2");

        assertThat(state.level()).isEqualTo(1);
        assertThat(LedgerCodec.encode(state.snapshot())).isEqualTo(before);
        assertThatThrownBy(() -> state.checkLevel(ADMIT)).isInstanceOf(LedgerFormatException.class);
        assertThatThrownBy(() -> state.checkLevel(raise("skip", 3))).isInstanceOf(LedgerFormatException.class);
    }

    @Test
    void shouldBeRaisedByOneAndTakeThenWhatItRefusedUnderTheSameRequestId() {
        state.apply(ADMIT);

        assertApplied(state.apply(raise("up", 2)));

        assertThat(state.level()).isEqualTo(2);
        assertApplied(state.apply(ADMIT));
        assertApplied(state.apply(raise("up", 2)));
        assertRefused(state.apply(raise("again", 2)), "the ledger is of level 2 already");
        assertThat(state.level()).isEqualTo(2);
    }

    @Test
    void shouldNotBeAppliedByABuildThatDoesNotSpeakIt() {
        LedgerState older = LedgerState.restore(state.snapshot(), 1);
        byte[] before = LedgerCodec.encode(older.snapshot());

        for (LedgerCommand unreadable : List.of(raise("up", 2), ADMIT)) {
            assertThatThrownBy(() -> older.apply(unreadable))
                    .isInstanceOf(LedgerLevelException.class)
                    .hasMessageContaining("the ledger is of level 2")
                    .hasMessageContaining("speaks only level 1")
                    .hasMessageContaining("start the host with a build that speaks level 2");
        }

        assertThat(LedgerCodec.encode(older.snapshot())).isEqualTo(before);
        state.apply(raise("up", 2));
        assertThatThrownBy(() -> state.apply(raise("above this build", 3)))
                .isInstanceOf(LedgerLevelException.class)
                .hasMessageContaining("levels 1 to 2");
        assertThat(state.level()).isEqualTo(2);
    }

    @Test
    void shouldWriteNoLevelThatBuildsOfTheFirstCouldNotRead() {
        byte[] first = LedgerCodec.encode(state.snapshot());
        state.apply(raise("up", 2));
        byte[] second = LedgerCodec.encode(state.snapshot());

        assertThat(new String(first, UTF_8)).doesNotContain("\"level\"");
        assertThat(LedgerCodec.decodeSnapshot(first).level()).isEqualTo(1);
        assertThat(new String(second, UTF_8)).endsWith(",\"level\":2}}");
        assertThat(LedgerState.restore(LedgerCodec.decodeSnapshot(second)).level())
                .isEqualTo(2);
        assertThatThrownBy(() -> LedgerState.restore(LedgerCodec.decodeSnapshot(second), 1))
                .isInstanceOf(LedgerLevelException.class);
    }

    @Test
    void shouldNameTheLevelOfASnapshotBeforeItLooksIntoWhatItCannotRead() {
        state.apply(raise("up", 2));
        String later = new String(LedgerCodec.encode(state.snapshot()), UTF_8)
                .replace("\"level\":2", "\"level\":3,\"somethingNew\":{}");

        assertThatThrownBy(() -> LedgerCodec.decodeSnapshot(later.getBytes(UTF_8)))
                .isInstanceOf(LedgerLevelException.class)
                .hasMessageContaining("the ledger is of level 3")
                .hasMessageContaining("levels 1 to 2");
        for (String nonsense : List.of("0", "-1", "\"2\"", "null", "1.5", "70000000000")) {
            assertThatThrownBy(() -> LedgerCodec.decodeSnapshot(
                            later.replace("3,\"somethingNew\":{}", nonsense).getBytes(UTF_8)))
                    .as(nonsense)
                    .isInstanceOf(LedgerFormatException.class);
        }
    }

    @Test
    void shouldRefuseABackupOfAHigherLevelByName() {
        LedgerSnapshot now = state.snapshot();
        byte[] later = BackupCodec.encode(new BackupCodec.Backup(
                "prod",
                4,
                41,
                new LedgerSnapshot(
                        now.vms(),
                        now.histories(),
                        now.retiredIds(),
                        now.cluster(),
                        now.failover(),
                        now.maintenance(),
                        now.names(),
                        3)));

        assertThatThrownBy(() -> BackupCodec.decode(later, "prod"))
                .isInstanceOf(LedgerLevelException.class)
                .hasMessageContaining("the ledger is of level 3");
    }

    @Test
    void shouldKeepTheHigherLevelWhenABackupIsRestored() {
        LedgerSnapshot first = new LedgerState().snapshot();
        state.apply(raise("up", 2));

        assertThat(Restoration.of(first, state.snapshot(), "south").level()).isEqualTo(2);
        assertThat(Restoration.of(state.snapshot(), first, "south").level()).isEqualTo(2);
    }

    @Test
    void shouldLetNoHostInThatIsOlderThanTheLedgerOrDoesNotSay() {
        assertApplied(state.apply(new LedgerCommand.NameHost("first", "south", "directory")));
        state.apply(raise("up", 2));

        assertRefused(
                state.apply(new LedgerCommand.NameHost("second", "south", "directory")),
                "host \"south\" is not let in: the ledger is of level 2, and the host's build of Godwit speaks only level"
                        + " 1; start it with a build that speaks level 2");
        assertRefused(state.apply(new LedgerCommand.AdmitHost("a1", "north", "d", 1)), "speaks only level 1");
        assertRefused(state.apply(new LedgerCommand.AdmitHost("a2", "south", "another", 2)), "another state directory");
        assertApplied(state.apply(new LedgerCommand.AdmitHost("a3", "south", "directory", 2)));
        assertApplied(state.apply(new LedgerCommand.AdmitHost("a4", "north", "d", 3)));
        assertThat(state.isNamed("north")).isTrue();
    }

    @Test
    void shouldRefuseALevelThatIsNone() {
        for (int level : List.of(-1, 0, 1, 65_536)) {
            assertThatThrownBy(() -> raise("r", level)).hasMessageContaining("expected 2 to 65535");
        }
        assertThatThrownBy(() -> LedgerCodec.decodeCommand(
                        "{\"v\":4,\"body\":{\"type\":\"raise-level\",\"requestId\":\"r\",\"level\":1}}"
                                .getBytes(UTF_8)))
                .isInstanceOf(LedgerFormatException.class);
        assertThat(state.find(VM)).isPresent();
    }

    private static LedgerCommand raise(String requestId, int level) {
        return new LedgerCommand.RaiseLevel(requestId, level);
    }

    private static void assertApplied(LedgerAnswer answer) {
        assertThat(answer).isInstanceOf(LedgerAnswer.Applied.class);
    }

    private static void assertRefused(LedgerAnswer answer, String reason) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        LedgerAnswer.Refused.class,
                        refused -> assertThat(refused.reason()).contains(reason));
    }
}
