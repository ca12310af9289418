package io.godwit.control.ledger;

import static io.godwit.control.ledger.Samples.EAST;
import static io.godwit.control.ledger.Samples.NORTH;
import static io.godwit.control.ledger.Samples.OTHER_VM;
import static io.godwit.control.ledger.Samples.SOUTH;
import static io.godwit.control.ledger.Samples.VM;
import static io.godwit.control.ledger.Samples.abort;
import static io.godwit.control.ledger.Samples.commit;
import static io.godwit.control.ledger.Samples.create;
import static io.godwit.control.ledger.Samples.disk;
import static io.godwit.control.ledger.Samples.nic;
import static io.godwit.control.ledger.Samples.prepare;
import static io.godwit.control.ledger.Samples.withVm;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParametersChange;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.Decision.Outcome;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class LedgerStateTest {
    private static final Decision COMMITTED = new Decision("m1", Outcome.COMMITTED);
    private static final Decision ABORTED = new Decision("m1", Outcome.ABORTED);

    @Test
    void shouldCreateAStoppedVmAtEpochOne() {
        VmRecord vm = vm(new LedgerState().apply(create("r1", VM, "probe")));

        assertThat(vm.epoch()).isEqualTo(1);
        assertThat(vm.owner()).isEqualTo(SOUTH);
        assertThat(vm.desired()).isEqualTo(DesiredState.STOPPED);
    }

    @Test
    void shouldDefineAVmThatIsToRunAndIsGuardedInOneEntry() {
        LedgerState state = new LedgerState();

        VmRecord vm = vm(state.apply(define("r1", VM, true)));

        assertThat(vm.epoch()).isEqualTo(1);
        assertThat(vm.owner()).isEqualTo(SOUTH);
        assertThat(vm.desired()).isEqualTo(DesiredState.RUNNING);
        assertThat(state.isGuarded(VM)).isTrue();
    }

    @Test
    void shouldGuardNothingThatCouldNotBeDefinedOrIsNotToBeGuarded() {
        LedgerState state = withVm();

        assertThat(refusal(state.apply(define("r1", OTHER_VM, true)))).contains("\"probe\" is taken");
        assertThat(refusal(state.apply(define("r2", VM, true)))).contains("used before");
        state.apply(new LedgerCommand.Delete("d", VM, SOUTH, 1));
        assertThat(vm(state.apply(define("r3", OTHER_VM, false)))).isNotNull();

        assertThat(state.isGuarded(OTHER_VM)).isFalse();
        assertThat(state.isGuarded(VM)).isFalse();
    }

    private static LedgerCommand define(String requestId, String vmId, boolean guarded) {
        return new LedgerCommand.Define(requestId, vmId, Samples.spec("probe"), SOUTH, DesiredState.RUNNING, guarded);
    }

    @Test
    void shouldRefuseASecondVmOfTheSameNameAndShowTheFirst() {
        LedgerState state = withVm();

        LedgerAnswer answer = state.apply(create("r2", OTHER_VM, "probe"));

        assertThat(refusal(answer)).contains("\"probe\"").contains(VM);
        assertThat(((LedgerAnswer.Refused) answer).vm())
                .isEqualTo(state.find(VM).orElseThrow());
        assertThat(state.list()).hasSize(1);
    }

    @Test
    void shouldRefuseAMacAddressThatAnotherVmHasAndNameThatVm() {
        LedgerState state = withNic("first", "02:00:00:00:00:01");

        assertThat(refusal(define(state, Samples.withDevices("second", List.of(), List.of(nic("02:00:00:00:00:01"))))))
                .contains("02:00:00:00:00:01", "\"first\"", VM);
        assertThat(vm(define(state, Samples.withDevices("second", List.of(), List.of(nic("02:00:00:00:00:02")))))
                        .spec()
                        .name())
                .isEqualTo("second");
    }

    @Test
    void shouldRefuseAVolumeThatAnotherVmWritesAndNameThatVm() {
        LedgerState state = withDisk("fast/root.raw", false);

        assertThat(refusal(define(state, using("fast/root.raw", false))))
                .contains("fast/root.raw", "\"first\"", "writes it");
        assertThat(refusal(define(state, using("fast/root.raw", true)))).contains("fast/root.raw", "writes it");
        assertThat(vm(define(state, using("slow/root.raw", false)))).isNotNull();
    }

    @Test
    void shouldLetVmsShareAVolumeThatNobodyWrites() {
        LedgerState state = withDisk("fast/tools.iso", true);

        assertThat(refusal(define(state, using("fast/tools.iso", false)))).contains("\"first\"", "reads it");
        assertThat(vm(define(state, using("fast/tools.iso", true)))).isNotNull();
    }

    @Test
    void shouldFreeMacAddressAndVolumeOfADeletedVm() {
        LedgerState state = withDisk("fast/root.raw", false);
        state.apply(new LedgerCommand.Delete("d", VM, SOUTH, 1));

        assertThat(vm(define(state, using("fast/root.raw", false)))).isNotNull();
    }

    private static LedgerState withNic(String name, String mac) {
        LedgerState state = new LedgerState();
        state.apply(
                new LedgerCommand.Create("first", VM, Samples.withDevices(name, List.of(), List.of(nic(mac))), SOUTH));
        return state;
    }

    private static LedgerState withDisk(String volume, boolean readOnly) {
        LedgerState state = new LedgerState();
        state.apply(new LedgerCommand.Create(
                "first", VM, Samples.withDevices("first", List.of(disk(volume, readOnly)), List.of()), SOUTH));
        return state;
    }

    private static VmSpec using(String volume, boolean readOnly) {
        return Samples.withDevices("second", List.of(disk(volume, readOnly)), List.of());
    }

    private static LedgerAnswer define(LedgerState state, VmSpec spec) {
        return state.apply(
                new LedgerCommand.Create("create-" + Integer.toHexString(spec.hashCode()), OTHER_VM, spec, NORTH));
    }

    @Test
    void shouldFreeTheNameButNeverTheIdOfADeletedVm() {
        LedgerState state = withVm();
        state.apply(new LedgerCommand.Delete("d", VM, SOUTH, 1));

        assertThat(refusal(state.apply(create("r2", VM, "other")))).contains("never reused");
        assertThat(vm(state.apply(create("r3", OTHER_VM, "probe"))).id()).isEqualTo(OTHER_VM);
    }

    @Test
    void shouldDeleteOnlyAStoppedVmOfTheExpectedOwnerAndEpoch() {
        LedgerState state = withVm();
        state.apply(new LedgerCommand.SetDesired("run", VM, SOUTH, 1, DesiredState.RUNNING));

        assertThat(refusal(state.apply(new LedgerCommand.Delete("d1", VM, SOUTH, 1))))
                .contains("RUNNING");
        state.apply(new LedgerCommand.SetDesired("stop", VM, SOUTH, 1, DesiredState.STOPPED));
        assertThat(refusal(state.apply(new LedgerCommand.Delete("d2", VM, NORTH, 1))))
                .contains("north");
        assertThat(refusal(state.apply(new LedgerCommand.Delete("d3", VM, SOUTH, 2))))
                .contains("epoch 2");
        assertThat(state.apply(new LedgerCommand.Delete("d4", VM, SOUTH, 1))).isEqualTo(new LedgerAnswer.Applied(null));
        assertThat(state.find(VM)).isEmpty();
    }

    @Test
    void shouldGiveTheVmToTheTargetAtTheNextEpochOnCommit() {
        LedgerState state = withVm();
        VmRecord prepared = vm(state.apply(prepare("p", "m1")));
        assertThat(prepared.prepared()).isEqualTo(new PreparedMigration("m1", 1, SOUTH, NORTH));

        VmRecord vm = vm(state.apply(commit("c", "m1")));

        assertThat(vm.owner()).isEqualTo(NORTH);
        assertThat(vm.epoch()).isEqualTo(2);
        assertThat(vm.prepared()).isNull();
        assertThat(vm.lastDecision()).isEqualTo(COMMITTED);
    }

    @Test
    void shouldLeaveTheVmAtTheSourceInItsEpochOnAbort() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));

        VmRecord vm = vm(state.apply(abort("a", "m1")));

        assertThat(vm.owner()).isEqualTo(SOUTH);
        assertThat(vm.epoch()).isEqualTo(1);
        assertThat(vm.prepared()).isNull();
        assertThat(vm.lastDecision()).isEqualTo(ABORTED);
    }

    @Test
    void shouldTellWhoComesSecondWhatTheFirstRecordDecided() {
        LedgerState committed = withVm();
        committed.apply(prepare("p", "m1"));
        committed.apply(commit("c", "m1"));
        assertThat(committed.apply(abort("a", "m1"))).isEqualTo(new LedgerAnswer.AlreadyDecided(COMMITTED));
        assertThat(committed.apply(commit("c2", "m1"))).isEqualTo(new LedgerAnswer.AlreadyDecided(COMMITTED));

        LedgerState aborted = withVm();
        aborted.apply(prepare("p", "m1"));
        aborted.apply(abort("a", "m1"));
        assertThat(aborted.apply(commit("c", "m1"))).isEqualTo(new LedgerAnswer.AlreadyDecided(ABORTED));
        assertThat(aborted.find(VM).orElseThrow().owner()).isEqualTo(SOUTH);
    }

    @Test
    void shouldRememberDecisionsOfMigrationsBeforeTheLast() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));
        state.apply(commit("c", "m1"));
        state.apply(new LedgerCommand.Prepare("p2", VM, "m2", 2, NORTH, SOUTH));
        state.apply(commit("c2", "m2"));

        assertThat(state.apply(abort("late", "m1"))).isEqualTo(new LedgerAnswer.AlreadyDecided(COMMITTED));
        assertThat(state.find(VM).orElseThrow().epoch()).isEqualTo(3);
    }

    @Test
    void shouldLetAPrepareThatComesAfterItsAbortComeTooLate() {
        LedgerState state = withVm();
        assertThat(vm(state.apply(abort("a", "m1"))).lastDecision()).isEqualTo(ABORTED);

        assertThat(state.apply(prepare("p", "m1"))).isEqualTo(new LedgerAnswer.AlreadyDecided(ABORTED));
        assertThat(state.find(VM).orElseThrow().prepared()).isNull();
    }

    @Test
    void shouldNotTouchAPreparedMigrationWhenAnotherOneIsAborted() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));

        state.apply(abort("a", "m0"));

        assertThat(state.find(VM).orElseThrow().prepared()).isNotNull();
        assertThat(vm(state.apply(commit("c", "m1"))).owner()).isEqualTo(NORTH);
    }

    @Test
    void shouldKeepEverybodyElseAwayWhileAMigrationIsUndecided() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));
        HostIdentity reborn = new HostIdentity("south", "s2");

        List<LedgerCommand> others = List.of(
                new LedgerCommand.Prepare("x1", VM, "m2", 1, SOUTH, EAST),
                new LedgerCommand.SetDesired("x2", VM, SOUTH, 1, DesiredState.STOPPED),
                new LedgerCommand.Reclaim("x3", VM, SOUTH, 1, reborn),
                new LedgerCommand.Delete("x4", VM, SOUTH, 1));

        assertThat(others)
                .allSatisfy(
                        command -> assertThat(refusal(state.apply(command))).contains("belongs to migration \"m1\""));
    }

    @Test
    void shouldRefusePrepareByAnyoneButTheOwnerAtItsEpoch() {
        LedgerState state = withVm();

        assertThat(refusal(state.apply(new LedgerCommand.Prepare("p1", VM, "m1", 1, NORTH, EAST))))
                .contains("north");
        assertThat(refusal(state.apply(new LedgerCommand.Prepare("p2", VM, "m1", 7, SOUTH, NORTH))))
                .contains("epoch 7");
        assertThat(refusal(state.apply(new LedgerCommand.Prepare("p3", VM, "m1", 1, SOUTH, SOUTH))))
                .contains("both");
    }

    @Test
    void shouldRefuseToCommitWhatWasNeverPrepared() {
        assertThat(refusal(withVm().apply(commit("c", "m1")))).contains("\"m1\" is not prepared");
    }

    @Test
    void shouldGiveTheVmBackToItsHostsNextLifeAtTheNextEpoch() {
        LedgerState state = withVm();
        HostIdentity reborn = new HostIdentity("south", "s2");

        VmRecord vm = vm(state.apply(new LedgerCommand.Reclaim("r", VM, SOUTH, 1, reborn)));

        assertThat(vm.owner()).isEqualTo(reborn);
        assertThat(vm.epoch()).isEqualTo(2);
    }

    @Test
    void shouldLetNoOtherHostReclaimNorTheOwnerItself() {
        LedgerState state = withVm();

        assertThat(refusal(state.apply(new LedgerCommand.Reclaim("r1", VM, SOUTH, 1, NORTH))))
                .contains("same host");
        assertThat(refusal(state.apply(new LedgerCommand.Reclaim("r2", VM, SOUTH, 1, SOUTH))))
                .contains("already");
    }

    @Test
    void shouldAnswerARepeatedRequestAsTheFirstTimeWhateverHappenedSince() {
        LedgerState state = withVm();
        LedgerAnswer first = state.apply(prepare("p", "m1"));
        state.apply(commit("c", "m1"));

        assertThat(state.apply(prepare("p", "m1"))).isEqualTo(first);
        assertThat(state.find(VM).orElseThrow().owner()).isEqualTo(NORTH);
    }

    @Test
    void shouldAnswerARepeatedDeleteAfterTheVmIsGone() {
        LedgerState state = withVm();
        LedgerCommand delete = new LedgerCommand.Delete("d", VM, SOUTH, 1);
        LedgerAnswer first = state.apply(delete);

        assertThat(state.apply(delete)).isEqualTo(first);
    }

    @Test
    void shouldRefuseARequestIdThatServedAnotherCommand() {
        LedgerState state = withVm();
        state.apply(prepare("same", "m1"));

        assertThat(refusal(state.apply(abort("same", "m1")))).contains("\"same\"");
        assertThat(state.find(VM).orElseThrow().prepared()).isNotNull();
    }

    @Test
    void shouldKeepOnlyTheLastRequestsOfAVm() {
        LedgerState state = withVm();
        for (int i = 0; i < 100; i++) {
            state.apply(new LedgerCommand.SetDesired("r" + i, VM, SOUTH, 1, DesiredState.RUNNING));
        }

        List<LedgerSnapshot.Answered> kept = state.snapshot().histories().get(0).requests();
        assertThat(kept).hasSize(LedgerState.MAX_REQUESTS_PER_VM);
        assertThat(kept.get(kept.size() - 1).command().requestId()).isEqualTo("r99");
    }

    @Test
    void shouldBoundWhatStrangersLeaveBehind() {
        LedgerState state = withVm();
        SplittableRandom random = new SplittableRandom(7);
        for (int i = 0; i < LedgerState.MAX_STRANGERS + 50; i++) {
            state.apply(new LedgerCommand.Abort("r" + i, VmIds.newId(random), "m"));
        }

        assertThat(state.snapshot().histories()).hasSize(LedgerState.MAX_STRANGERS + 1);
    }

    @Test
    void shouldRefuseIdsOutOfShapeAndRememberNothingOfThem() {
        LedgerState state = withVm();

        assertThat(refusal(state.apply(create("r", "UPPER", "other"))))
                .contains("\"UPPER\"")
                .contains("26");
        assertThat(refusal(state.apply(prepare("p".repeat(65), "m1")))).contains("1 to 64");
        assertThat(refusal(state.apply(abort("a", " ")))).contains("migrationId");
        assertThat(state.snapshot().histories().get(0).requests()).hasSize(1);
    }

    @Test
    void shouldKeepWhatIsSetAboutAVmThroughEveryOtherChangeOfIt() {
        LedgerState state = withVm();
        MigrationParameters set = MigrationParameters.of(MigrationParameter.DOWNTIME_LIMIT, "80ms");
        state.apply(new LedgerCommand.ChangeVmParameters("q", VM, ParametersChange.setting(set)));

        state.apply(new LedgerCommand.SetDesired("run", VM, SOUTH, 1, DesiredState.RUNNING));
        state.apply(prepare("p1", "m0"));
        state.apply(abort("a", "m0"));
        state.apply(prepare("p2", "m1"));
        state.apply(commit("c", "m1"));
        HostIdentity reborn = new HostIdentity("north", "n2");
        VmRecord vm = vm(state.apply(new LedgerCommand.Reclaim("back", VM, NORTH, 2, reborn)));

        assertThat(vm.owner()).isEqualTo(reborn);
        assertThat(vm.parameters()).isEqualTo(set);
    }

    @Test
    void shouldChangeParametersWhileAMigrationIsUndecidedWithoutTouchingIt() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));

        VmRecord vm = vm(state.apply(new LedgerCommand.ChangeVmParameters(
                "q", VM, ParametersChange.setting(MigrationParameters.of(MigrationParameter.VERIFY, "none")))));

        assertThat(vm.prepared()).isNotNull();
        assertThat(vm.parameters().text(MigrationParameter.VERIFY)).isEqualTo("none");
    }

    @Test
    void shouldApplyChangesOfDifferentParametersOneAfterTheOther() {
        LedgerState state = new LedgerState();
        cluster(state, "1", ParametersChange.setting(MigrationParameters.of(MigrationParameter.CHANNELS, 4)));
        cluster(state, "2", ParametersChange.setting(MigrationParameters.of(MigrationParameter.XBZRLE, true)));
        cluster(state, "1", ParametersChange.setting(MigrationParameters.of(MigrationParameter.CHANNELS, 4)));
        assertThat(state.clusterParameters().values())
                .containsOnly(Map.entry("multifd-channels", "4"), Map.entry("xbzrle", "true"));

        cluster(
                state,
                "3",
                new ParametersChange(false, MigrationParameters.NONE, new TreeSet<>(List.of("multifd-channels"))));
        assertThat(state.clusterParameters().values()).containsOnlyKeys("xbzrle");

        cluster(state, "4", ParametersChange.replacing(MigrationParameters.of(MigrationParameter.CHANNELS, 8)));
        assertThat(LedgerState.restore(state.snapshot()).clusterParameters().values())
                .containsOnly(Map.entry("multifd-channels", "8"));
    }

    @Test
    void shouldNotApplyARepeatedClusterChangeAgainAfterALaterOne() {
        LedgerState state = new LedgerState();
        ParametersChange first = ParametersChange.setting(MigrationParameters.of(MigrationParameter.CHANNELS, 4));
        cluster(state, "1", first);
        cluster(state, "2", ParametersChange.setting(MigrationParameters.of(MigrationParameter.CHANNELS, 8)));
        LedgerState restored = LedgerState.restore(state.snapshot());

        cluster(restored, "1", first);

        assertThat(restored.clusterParameters().text(MigrationParameter.CHANNELS))
                .isEqualTo("8");
        assertThat(refusal(restored.apply(new LedgerCommand.ChangeVmParameters("q", VM, first))))
                .contains("no VM");
    }

    private static void cluster(LedgerState state, String requestId, ParametersChange change) {
        assertThat(state.apply(new LedgerCommand.ChangeClusterParameters(requestId, change)))
                .isEqualTo(new LedgerAnswer.Applied(null));
    }

    @Test
    void shouldRefuseASnapshotWithTwoVmsOfOneName() {
        VmRecord one = withVm().list().get(0);
        VmRecord twin = new VmRecord(OTHER_VM, one.spec(), SOUTH, 1, DesiredState.STOPPED, null, null);

        assertThatThrownBy(() -> LedgerState.restore(new LedgerSnapshot(
                        List.of(one, twin),
                        List.of(),
                        List.of(),
                        new LedgerSnapshot.ClusterParameters(
                                MigrationParameters.NONE, List.of(), LedgerSnapshot.Rebalancer.USUAL),
                        new LedgerSnapshot.Failover(List.of(), List.of()),
                        List.of(),
                        List.of(),
                        LedgerLevel.FIRST)))
                .hasMessageContaining("\"probe\"");
    }

    static VmRecord vm(LedgerAnswer answer) {
        assertThat(answer).isInstanceOf(LedgerAnswer.Applied.class);
        return ((LedgerAnswer.Applied) answer).vm();
    }

    private static String refusal(LedgerAnswer answer) {
        assertThat(answer).isInstanceOf(LedgerAnswer.Refused.class);
        return ((LedgerAnswer.Refused) answer).reason();
    }
}
