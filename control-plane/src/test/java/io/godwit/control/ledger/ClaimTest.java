package io.godwit.control.ledger;

import static io.godwit.control.ledger.LedgerStateTest.vm;
import static io.godwit.control.ledger.Samples.EAST;
import static io.godwit.control.ledger.Samples.NORTH;
import static io.godwit.control.ledger.Samples.OTHER_VM;
import static io.godwit.control.ledger.Samples.SOUTH;
import static io.godwit.control.ledger.Samples.VM;
import static io.godwit.control.ledger.Samples.abort;
import static io.godwit.control.ledger.Samples.commit;
import static io.godwit.control.ledger.Samples.create;
import static io.godwit.control.ledger.Samples.prepare;
import static io.godwit.control.ledger.Samples.withVm;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.ledger.Decision.Outcome;
import io.godwit.control.ledger.LedgerCommand.Claim;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class ClaimTest {
    private static final HostIdentity REBORN = new HostIdentity("south", "s2");

    @Test
    void shouldGiveAGuardedVmToAnotherHostAtTheNextEpochAsItWasDesired() {
        LedgerState state = guarded();
        state.apply(new LedgerCommand.SetDesired("run", VM, SOUTH, 1, DesiredState.RUNNING));

        VmRecord claimed = vm(state.apply(claim("c", SOUTH, 1, null, EAST)));

        assertThat(claimed.owner()).isEqualTo(EAST);
        assertThat(claimed.epoch()).isEqualTo(2);
        assertThat(claimed.desired()).isEqualTo(DesiredState.RUNNING);
        assertThat(state.isGuarded(VM)).isTrue();
    }

    @Test
    void shouldCompareOwnerEpochAndMigration() {
        LedgerState state = guarded();
        assertThat(refusal(state.apply(claim("1", NORTH, 1, null, EAST)))).contains("\"south\"");
        assertThat(refusal(state.apply(claim("2", SOUTH, 2, null, EAST)))).contains("epoch 1");
        assertThat(refusal(state.apply(claim("3", SOUTH, 1, "m1", EAST)))).contains("no migration");
        state.apply(prepare("p", "m1"));
        assertThat(refusal(state.apply(claim("4", SOUTH, 1, null, EAST)))).contains("\"m1\"");
        assertThat(refusal(state.apply(claim("5", SOUTH, 1, "m2", EAST)))).contains("\"m1\"");
    }

    @Test
    void shouldNotBeTheWayOfAHostsNextLife() {
        assertThat(refusal(guarded().apply(claim("c", SOUTH, 1, null, REBORN)))).contains("reclaims");
    }

    @Test
    void shouldAnswerARepeatedClaimAsTheFirstAndRefuseASecondHosts() {
        LedgerState state = guarded();
        LedgerAnswer first = state.apply(claim("c", SOUTH, 1, null, EAST));

        assertThat(state.apply(claim("c", SOUTH, 1, null, EAST))).isEqualTo(first);
        assertThat(refusal(state.apply(claim("d", SOUTH, 1, null, NORTH)))).contains("\"east\"");
    }

    @Test
    void shouldEndAMigrationSoThatNeitherSideRunsTheVmAgain() {
        LedgerState state = guarded();
        state.apply(prepare("p", "m1"));

        VmRecord claimed = vm(state.apply(claim("c", SOUTH, 1, "m1", EAST)));

        Decision decision = new Decision("m1", Outcome.CLAIMED);
        assertThat(claimed.prepared()).isNull();
        assertThat(claimed.lastDecision()).isEqualTo(decision);
        assertThat(state.apply(commit("t", "m1"))).isEqualTo(new LedgerAnswer.AlreadyDecided(decision));
        assertThat(state.apply(abort("s", "m1"))).isEqualTo(new LedgerAnswer.AlreadyDecided(decision));
        assertThat(state.find(VM)).contains(claimed);
    }

    @Test
    void shouldLeaveAVmThatIsNotGuardedWithItsOwnerUntilThatIsConfirmedDead() {
        LedgerState state = withVm();
        assertThat(refusal(state.apply(claim("1", SOUTH, 1, null, EAST)))).contains("confirmed dead");
        state.apply(new LedgerCommand.ConfirmDead("other", REBORN));
        assertThat(refusal(state.apply(claim("2", SOUTH, 1, null, EAST)))).contains("confirmed dead");

        state.apply(new LedgerCommand.ConfirmDead("it", SOUTH));

        assertThat(vm(state.apply(claim("3", SOUTH, 1, null, EAST))).owner()).isEqualTo(EAST);
    }

    @Test
    void shouldWantBothHostsOfAnUnguardedMigrationConfirmedDead() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));
        state.apply(new LedgerCommand.ConfirmDead("s", SOUTH));
        assertThat(refusal(state.apply(claim("1", SOUTH, 1, "m1", EAST)))).contains("\"north\"");

        state.apply(new LedgerCommand.ConfirmDead("n", NORTH));

        assertThat(vm(state.apply(claim("2", SOUTH, 1, "m1", EAST))).owner()).isEqualTo(EAST);
    }

    @Test
    void shouldGiveNothingToALifeThatWasConfirmedDead() {
        LedgerState state = guarded();
        state.apply(new LedgerCommand.ConfirmDead("n", NORTH));

        assertThat(List.of(
                        claim("1", SOUTH, 1, null, NORTH),
                        prepare("2", "m1"),
                        new LedgerCommand.Create("3", OTHER_VM, Samples.spec("other"), NORTH),
                        new LedgerCommand.Define(
                                "5", OTHER_VM, Samples.spec("other"), NORTH, DesiredState.RUNNING, true)))
                .allSatisfy(command -> assertThat(refusal(state.apply(command))).contains("confirmed dead"));
        assertThat(refusal(state.apply(create("4", OTHER_VM, "probe")))).contains("taken");
    }

    @Test
    void shouldBoundTheHostsThatWereConfirmedDead() {
        LedgerState state = new LedgerState();
        for (int i = 0; i < FailoverState.MAX_CONFIRMED_DEAD + 10; i++) {
            state.apply(new LedgerCommand.ConfirmDead("r" + i, new HostIdentity("h", "i" + i)));
        }

        assertThat(state.snapshot().failover().confirmedDead()).hasSize(FailoverState.MAX_CONFIRMED_DEAD);
        assertThat(state.isConfirmedDead(new HostIdentity("h", "i0"))).isFalse();
    }

    @Test
    void shouldLetOnlyTheOwnerSayWhetherItsVmIsGuarded() {
        LedgerState state = withVm();
        assertThat(refusal(state.apply(new LedgerCommand.SetGuarded("1", VM, NORTH, 1, true))))
                .contains("north");
        state.apply(new LedgerCommand.SetGuarded("2", VM, SOUTH, 1, true));
        assertThat(LedgerState.restore(state.snapshot()).isGuarded(VM)).isTrue();
        state.apply(new LedgerCommand.SetGuarded("3", VM, SOUTH, 1, false));
        assertThat(state.isGuarded(VM)).isFalse();
    }

    @Test
    void shouldKeepWhichHostsAreNotToLoseTheirVms() {
        LedgerState state = withVm();
        String before = new String(LedgerCodec.encode(state.snapshot()), UTF_8);
        state.apply(new LedgerCommand.SetAutoMigrate("1", "south", false));
        state.apply(new LedgerCommand.SetAutoMigrate("2", "north", false));
        state.apply(new LedgerCommand.SetAutoMigrate("3", "north", true));

        LedgerSnapshot read = LedgerCodec.decodeSnapshot(LedgerCodec.encode(state.snapshot()));

        assertThat(LedgerState.restore(read).keeping()).containsExactly("south");
        assertThat(before).as("what is as usual is not written").doesNotContain("keeping");
        LedgerCommand command = new LedgerCommand.SetAutoMigrate("1", "south", false);
        assertThat(LedgerCodec.decodeCommand(LedgerCodec.encode(command))).isEqualTo(command);
        assertThat(refusal(state.apply(new LedgerCommand.SetAutoMigrate("4", " ", false))))
                .contains("hostId");
    }

    @Test
    void shouldBoundTheHostsThatKeepTheirVms() {
        LedgerState state = new LedgerState();
        for (int i = 0; i < FailoverState.MAX_KEEPING; i++) {
            state.apply(new LedgerCommand.SetAutoMigrate("r" + i, "host-" + i, false));
        }

        assertThat(refusal(state.apply(new LedgerCommand.SetAutoMigrate("more", "another", false))))
                .contains("at most");
        assertThat(state.apply(new LedgerCommand.SetAutoMigrate("again", "host-0", false)))
                .isInstanceOf(LedgerAnswer.Applied.class);
    }

    private static LedgerState guarded() {
        LedgerState state = withVm();
        state.apply(new LedgerCommand.SetGuarded("guard", VM, SOUTH, 1, true));
        return state;
    }

    private static Claim claim(
            String requestId, HostIdentity previous, long epoch, @Nullable String migrationId, HostIdentity owner) {
        return new Claim(requestId, VM, previous, epoch, migrationId, owner);
    }

    private static String refusal(LedgerAnswer answer) {
        assertThat(answer).isInstanceOf(LedgerAnswer.Refused.class);
        return ((LedgerAnswer.Refused) answer).reason();
    }
}
