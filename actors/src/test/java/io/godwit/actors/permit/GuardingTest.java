package io.godwit.actors.permit;

import static io.godwit.actors.testing.TwoHosts.get;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.actors.directory.DirectoryActor;
import io.godwit.actors.directory.Ownership;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.config.Availability;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitTimes;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;

/** What is guarded here and in the ledger, and in which order. */
class GuardingTest {
    private static final ActorTestKit KIT = ActorTestKit.create();
    private static final HostIdentity SELF = new HostIdentity("a", "a1");
    private static final String VM = "0123456789abcdefghjkmnpqrs";

    private final WatchedLedger ledger = new WatchedLedger();
    private final RunPermits permits = new RunPermits(SELF, PermitTimes.DEFAULT, id -> Optional.empty(), () -> 100_000);
    private final Ownership ownership = new Ownership(KIT.spawn(DirectoryActor.create(ledger)), KIT.system(), SELF);
    private final Guarding guarding = new Guarding(permits, ownership, "shared"::equals);

    @AfterAll
    static void end() {
        KIT.shutdownTestKit();
    }

    @Test
    void shouldHoldNothingOfAVmBeforeTheLedgerHasMadeItGuarded() throws Exception {
        create(spec("shared"));

        assertThat(ledger.seen).containsExactly("make guarded, not held here");
        assertThat(ledger.under.isGuarded(VM)).isTrue();
        assertThat(permits.isGuarded(VM)).isTrue();
    }

    @Test
    void shouldGuardAVmHereBeforeTheLedgerIsAskedTo() throws Exception {
        VmRecord vm = create(spec("local"));

        get(guarding.settle(vm, spec("shared"), RunPermits.NEVER));

        assertThat(ledger.seen).containsExactly("make, not held here", "guard, guarded here");
        assertThat(permits.isGuarded(VM)).isTrue();
    }

    @Test
    void shouldStopGuardingAVmOnlyWhenTheLedgerHasSaidSo() throws Exception {
        VmRecord vm = create(spec("shared"));

        get(guarding.settle(vm, spec("local"), RunPermits.NEVER));

        assertThat(ledger.seen).containsExactly("make guarded, not held here", "stop guarding, guarded here");
        assertThat(permits.isGuarded(VM)).isFalse();
    }

    @Test
    void shouldGoOnGuardingWhileTheLedgerIsOutOfReach() throws Exception {
        VmRecord vm = create(spec("shared"));
        ledger.under.acceptSubmits(0);

        assertThatThrownBy(() -> get(guarding.settle(vm, spec("local"), RunPermits.NEVER)))
                .hasMessageContaining("no majority");

        assertThat(permits.isGuarded(VM)).isTrue();
    }

    @Test
    void shouldAskNothingOfTheLedgerThatItHasSaid() throws Exception {
        VmRecord vm = create(spec("shared"));

        get(guarding.settle(vm, vm.spec(), RunPermits.NEVER));

        assertThat(ledger.seen).hasSize(1);
    }

    @Test
    void shouldAskNothingAboutAVmThatStaysWithItsHost() throws Exception {
        create(spec("local"));
        VmRecord diskless =
                new VmRecord("zz23456789abcdefghjkmnpqrs", spec(), SELF, 4, DesiredState.STOPPED, null, null);
        get(guarding.settle(diskless, diskless.spec(), RunPermits.NEVER));

        assertThat(ledger.seen).containsExactly("make, not held here");
        assertThat(permits.untilMs(VM)).as("needs no permit").isPresent();
        assertThat(permits.untilMs(diskless.id())).as("needs no permit").isPresent();
    }

    @Test
    void shouldPresumeThatAnotherHostHadAVmGuardedUntilTheLedgerSaysOtherwise() throws Exception {
        VmRecord vm = get(ownership.define(VM, spec("local"), DesiredState.STOPPED, false));

        guarding.own(vm, permits.period());
        assertThat(permits.isGuarded(VM)).isTrue();
        get(guarding.settle(vm, vm.spec(), RunPermits.NEVER));

        assertThat(ledger.seen).containsExactly("make, not held here", "stop guarding, guarded here");
        assertThat(permits.isGuarded(VM)).isFalse();
    }

    @Test
    void shouldHoldAVmThatIsToComeAsItsTargetOnly() {
        VmSpec stateless = spec().with(new Availability(true, Availability.USUAL.autoRestart(), 50, true));

        guarding.expect(new VmRecord(VM, stateless, new HostIdentity("b", "b1"), 4, DesiredState.RUNNING, null, null));

        assertThat(permits.isHeld(VM)).isTrue();
        assertThat(permits.isOwned(VM, 4)).isFalse();
        assertThat(permits.isGuarded(VM)).isTrue();
    }

    private VmRecord create(VmSpec spec) throws Exception {
        return get(guarding.define(VM, spec, DesiredState.STOPPED));
    }

    private static VmSpec spec(String... pools) {
        List<DiskSpec> disks = new ArrayList<>();
        for (String pool : pools) {
            disks.add(new DiskSpec(new VolumeRef(pool, "root.raw"), false, CacheMode.NONE, 1));
        }
        return new VmSpec(
                "db",
                64 << 20,
                1,
                "/k",
                "",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>(),
                disks,
                List.of(),
                new TreeSet<>());
    }

    /** Notes what was guarded here when it was asked to change that. */
    private final class WatchedLedger implements Ledger {
        private final InMemoryLedger under = new InMemoryLedger();
        private final List<String> seen = new ArrayList<>();

        @Override
        public CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
            if (command instanceof LedgerCommand.SetGuarded guard) {
                seen.add((guard.guarded() ? "guard" : "stop guarding")
                        + (permits.isGuarded(guard.vmId()) ? ", guarded here" : ", not guarded here"));
            } else if (command instanceof LedgerCommand.Define define) {
                seen.add((define.guarded() ? "make guarded" : "make")
                        + (permits.isHeld(define.vmId()) ? ", held here" : ", not held here"));
            }
            return under.submit(command);
        }

        @Override
        public CompletionStage<Optional<VmRecord>> find(String vmId) {
            return under.find(vmId);
        }

        @Override
        public CompletionStage<List<VmRecord>> list() {
            return under.list();
        }

        @Override
        public CompletionStage<MigrationParameters> clusterParameters() {
            return under.clusterParameters();
        }

        @Override
        public CompletionStage<List<HostMaintenance>> maintenance() {
            return under.maintenance();
        }
    }
}
