package io.godwit.control.ledger;

import static io.godwit.control.ledger.Samples.OTHER_VM;
import static io.godwit.control.ledger.Samples.VM;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LedgerRebalancerTest {
    private final LedgerState state = Samples.withVm();
    private int requests;

    private String refusal(LedgerCommand command) {
        LedgerAnswer answer = state.apply(command);
        return answer instanceof LedgerAnswer.Refused refused ? refused.reason() : "";
    }

    private String begin(BalanceMove move) {
        return refusal(new LedgerCommand.BeginBalanceMove("b" + requests++, move));
    }

    private String end(String migrationId, BalanceMove.State end) {
        return refusal(new LedgerCommand.EndBalanceMove("b" + requests++, VM, migrationId, end, "", 0.25, 900));
    }

    private void arm() {
        state.apply(new LedgerCommand.SetRebalancer("a" + requests++, RebalancerMode.ARMED));
    }

    @Test
    void shouldRememberWhatTheRebalancerMayDo() {
        assertThat(state.rebalancer()).isEqualTo(LedgerSnapshot.Rebalancer.USUAL);

        arm();

        assertThat(state.rebalancer().mode()).isEqualTo(RebalancerMode.ARMED);
        assertThat(restored().rebalancer().mode()).isEqualTo(RebalancerMode.ARMED);
    }

    @Test
    void shouldKeepAMoveFromItsBeginningToItsEnd() {
        arm();
        BalanceMove move = Samples.balanceMove("m1", 1, false);
        assertThat(begin(move)).isEmpty();
        assertThat(restored().rebalancer().moves()).containsExactly(move);

        assertThat(end("m1", BalanceMove.State.COMPLETED)).isEmpty();

        assertThat(restored().rebalancer().moves()).singleElement().satisfies(over -> {
            assertThat(over.state()).isEqualTo(BalanceMove.State.COMPLETED);
            assertThat(over.measuredGain()).isEqualTo(0.25);
            assertThat(over.measuredMs()).isEqualTo(900);
            assertThat(over.gain()).isEqualTo(move.gain());
        });
        assertThat(end("m1", BalanceMove.State.FAILED)).contains("\"m1\"");
    }

    @Test
    void shouldMoveAVmOnceWhoeverAsks() {
        arm();
        assertThat(begin(Samples.balanceMove("m1", 1, false))).isEmpty();

        assertThat(begin(Samples.balanceMove("m2", 1, true))).contains("already, by migration \"m1\"");
        end("m1", BalanceMove.State.COMPLETED);
        state.apply(Samples.prepare("p", "m1"));
        assertThat(begin(Samples.balanceMove("m2", 1, true))).contains("belongs to migration \"m1\"");
        state.apply(Samples.commit("c", "m1"));
        assertThat(begin(Samples.balanceMove("m2", 1, true))).contains("on host \"north\" at epoch 2");
    }

    @Test
    void shouldLetNothingBeMovedUnaskedUnlessItIsArmed() {
        assertThat(begin(Samples.balanceMove("m1", 1, false))).contains("RECOMMEND_ONLY", "only while it is ARMED");
        state.apply(new LedgerCommand.SetRebalancer("o", RebalancerMode.OFF));
        assertThat(begin(Samples.balanceMove("m1", 1, false))).contains("is OFF");

        assertThat(begin(Samples.balanceMove("m1", 1, true)))
                .as("an operator's own word")
                .isEmpty();
    }

    @Test
    void shouldRefuseWhatIsNoMove() {
        BalanceMove sound = Samples.balanceMove("m1", 1, true);

        assertThat(begin(with(sound, OTHER_VM, "m1", 0.1, BalanceMove.State.BEGUN)))
                .contains("no VM has id");
        assertThat(begin(with(sound, "db", "m1", 0.1, BalanceMove.State.BEGUN))).contains("vmId \"db\"");
        assertThat(begin(with(sound, VM, " ", 0.1, BalanceMove.State.BEGUN))).contains("migrationId");
        assertThat(begin(with(sound, VM, "m1", Double.NaN, BalanceMove.State.BEGUN)))
                .contains("gain NaN");
        assertThat(begin(with(sound, VM, "m1", 0.1, BalanceMove.State.FAILED))).contains("expected BEGUN");
        assertThat(end("m1", BalanceMove.State.BEGUN)).contains("expected one that is an end");
        assertThat(refusal(new LedgerCommand.EndBalanceMove(
                        "e", VM, "m1", BalanceMove.State.FAILED, "x".repeat(BalanceMove.MAX_TEXT + 1), 0, 0)))
                .contains("detail");
        assertThat(state.rebalancer().moves()).isEmpty();
    }

    @Test
    void shouldForgetTheOldestOfWhatIsOver() {
        for (int i = 0; i <= RebalancerState.KEPT; i++) {
            assertThat(begin(Samples.balanceMove("m" + i, 1, true))).isEmpty();
            assertThat(end("m" + i, BalanceMove.State.FAILED)).isEmpty();
        }

        assertThat(state.rebalancer().moves()).hasSize(RebalancerState.KEPT);
        assertThat(state.rebalancer().moves().get(0).migrationId()).isEqualTo("m" + RebalancerState.KEPT);
        assertThat(restored().rebalancer()).isEqualTo(state.rebalancer());
    }

    private static BalanceMove with(
            BalanceMove move, String vmId, String migrationId, double gain, BalanceMove.State state) {
        return new BalanceMove(
                migrationId,
                vmId,
                move.vm(),
                move.from(),
                move.to(),
                move.epoch(),
                move.asked(),
                move.reason(),
                gain,
                move.costMs(),
                move.costBytes(),
                move.beganAtEpochMs(),
                state,
                "",
                0,
                0);
    }

    private LedgerState restored() {
        return LedgerState.restore(LedgerCodec.decodeSnapshot(LedgerCodec.encode(state.snapshot())));
    }
}
