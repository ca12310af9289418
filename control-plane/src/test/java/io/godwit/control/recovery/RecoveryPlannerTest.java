package io.godwit.control.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand.Claim;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.HostChooser.Choice;
import io.godwit.control.recovery.RecoverableVm.SharedPool;
import io.godwit.control.recovery.RecoveryStep.Fence;
import io.godwit.control.recovery.RecoveryStep.OfferCommit;
import io.godwit.control.recovery.RecoveryStep.Start;
import io.godwit.control.recovery.RecoveryStep.Wait;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RecoveryPlannerTest {
    private static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    private static final HostIdentity NORTH = new HostIdentity("north", "n1");
    private static final HostIdentity EAST = new HostIdentity("east", "e1");

    private final Set<HostIdentity> silent = new HashSet<>(Set.of(SOUTH));
    private final Set<HostIdentity> heard = new HashSet<>(Set.of(NORTH, EAST));
    private final Set<HostIdentity> fenced = new HashSet<>();
    private final Set<HostIdentity> dead = new HashSet<>();
    private final Set<HostIdentity> returned = new HashSet<>();
    private final Set<HostIdentity> kept = new HashSet<>();
    private final Set<String> starting = new HashSet<>();
    private HostChooser chooser = (vm, placed) -> new Choice.On(placed.containsValue(EAST) ? NORTH : EAST);

    @Test
    void shouldStartTheVmsOfASilentHostElsewhereTheHighestPriorityFirst() {
        assertThat(plan(vm("a", 1), vm("b", 5)))
                .containsExactly(
                        new Start(new Claim("r1", id("b"), SOUTH, 3, null, EAST)),
                        new Start(new Claim("r2", id("a"), SOUTH, 3, null, NORTH)));
    }

    @Test
    void shouldLeaveAloneWhatIsNotToRunOrWhoseHostMayHoldAPermit() {
        VmRecord stopped = record("a", SOUTH, DesiredState.STOPPED, null);
        assertThat(plan(guarded(stopped, 0), guarded(record("b", NORTH, DesiredState.RUNNING, null), 0)))
                .isEmpty();
    }

    @Test
    void shouldStartOnlySoManyAtATime() {
        starting.add(id("x"));
        List<RecoveryStep> steps = plan(vm("a", 0), vm("b", 0));
        assertThat(steps.get(0)).isInstanceOf(Start.class);
        assertThat(steps.get(1)).isEqualTo(new Wait(id("b"), "its turn: others are being started"));
        starting.add(id("a"));
        assertThat(plan(vm("a", 0), vm("b", 0))).singleElement().isInstanceOf(Wait.class);
    }

    @Test
    void shouldSayWhyNoHostTakesIt() {
        chooser = (vm, placed) -> new Choice.Nowhere(List.of("north: no memory", "east: leaving"));
        assertThat(plan(vm("a", 0)))
                .containsExactly(new Wait(id("a"), "no host takes it: north: no memory; east: leaving"));
    }

    @Test
    void shouldReportAVmThatIsNotGuardedAsWaitingForItsHostUntilThatIsConfirmedDead() {
        RecoverableVm sticky = new RecoverableVm(running("a"), false, 0, Optional.empty());
        assertThat(plan(sticky))
                .containsExactly(new Wait(
                        id("a"), "stays with host \"south\" (incarnation s1) until that is back or confirmed dead"));
        dead.add(SOUTH);
        assertThat(plan(sticky)).singleElement().isInstanceOf(Start.class);
    }

    @Test
    void shouldStartASharedDiskOnlyWhereAFenceSucceededOrItsPoolAllowsIt() {
        RecoverableVm wantsFence = shared(Fencing.FENCED);
        assertThat(plan(wantsFence)).containsExactly(new Fence(id("a"), SOUTH, "san"));
        assertThat(plan(shared(Fencing.TRUST_PERMIT))).singleElement().isInstanceOf(Start.class);
        assertThat(plan(shared(Fencing.NONE)))
                .singleElement()
                .isInstanceOfSatisfying(
                        Wait.class, wait -> assertThat(wait.reason()).contains("fencing", "san", "\"south\""));
        fenced.add(SOUTH);
        assertThat(plan(wantsFence)).singleElement().isInstanceOf(Start.class);
        dead.add(SOUTH);
        assertThat(plan(shared(Fencing.NONE))).singleElement().isInstanceOf(Start.class);
    }

    @Test
    void shouldLeaveItsVmsToAHostThatIsBack() {
        returned.add(SOUTH);
        assertThat(plan(vm("a", 0))).containsExactly(new Wait(id("a"), "host \"south\" is back and takes it again"));
    }

    @Test
    void shouldLeaveTheVmsOfAHostThatIsNotToLoseThemUntilItIsConfirmedDead() {
        kept.add(SOUTH);
        assertThat(plan(vm("a", 0)))
                .singleElement()
                .isInstanceOfSatisfying(
                        Wait.class,
                        wait -> assertThat(wait.reason()).contains("auto-migrate-on-host-down is off", "\"south\""));
        dead.add(SOUTH);
        assertThat(plan(vm("a", 0))).singleElement().isInstanceOf(Start.class);
    }

    @Test
    void shouldOfferTheCommitToATargetThatIsHeardBeforeAnythingIsStartedFromDisk() {
        assertThat(plan(migrating(NORTH))).containsExactly(new OfferCommit(id("a"), "m1", NORTH));
    }

    @Test
    void shouldClaimFromBothHostsOfAMigrationOnlyWhenBothAreSilent() {
        heard.remove(NORTH);
        assertThat(plan(migrating(NORTH))).singleElement().isInstanceOf(Wait.class);
        silent.add(NORTH);
        assertThat(plan(migrating(NORTH))).containsExactly(new Start(new Claim("r1", id("a"), SOUTH, 3, "m1", EAST)));
    }

    @Test
    void shouldFenceTheTargetOfAMigrationToo() {
        heard.remove(NORTH);
        silent.add(NORTH);
        fenced.add(SOUTH);
        RecoverableVm vm = new RecoverableVm(
                migrating(NORTH).record(), true, 0, Optional.of(new SharedPool("san", Fencing.FENCED)));
        assertThat(plan(vm)).containsExactly(new Fence(id("a"), NORTH, "san"));
    }

    private int requests;

    private List<RecoveryStep> plan(RecoverableVm... vms) {
        RecoveryPlanner.Hosts hosts = new RecoveryPlanner.Hosts(
                heard::contains,
                silent::contains,
                fenced::contains,
                dead::contains,
                returned::contains,
                host -> !kept.contains(host));
        return RecoveryPlanner.plan(List.of(vms), hosts, starting, 2, chooser, () -> "r" + ++requests);
    }

    private static RecoverableVm vm(String name, int priority) {
        return guarded(running(name), priority);
    }

    private static RecoverableVm guarded(VmRecord record, int priority) {
        return new RecoverableVm(record, true, priority, Optional.empty());
    }

    private static RecoverableVm shared(Fencing fencing) {
        return new RecoverableVm(running("a"), true, 0, Optional.of(new SharedPool("san", fencing)));
    }

    private static RecoverableVm migrating(HostIdentity target) {
        return guarded(record("a", SOUTH, DesiredState.RUNNING, new PreparedMigration("m1", 3, SOUTH, target)), 0);
    }

    private static VmRecord running(String name) {
        return record(name, SOUTH, DesiredState.RUNNING, null);
    }

    private static VmRecord record(
            String name, HostIdentity owner, DesiredState desired, @Nullable PreparedMigration prepared) {
        VmSpec spec = new VmSpec(name, 64L << 20, 1, "/kernel", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new VmRecord(id(name), spec, owner, 3, desired, prepared, null);
    }

    private static String id(String name) {
        return name.repeat(26);
    }
}
