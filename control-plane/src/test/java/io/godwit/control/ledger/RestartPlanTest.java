package io.godwit.control.ledger;

import static io.godwit.control.ledger.Samples.NORTH;
import static io.godwit.control.ledger.Samples.SOUTH;
import static io.godwit.control.ledger.Samples.VM;
import static io.godwit.control.ledger.Samples.prepare;
import static io.godwit.control.ledger.Samples.withVm;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RestartPlanTest {
    private static final HostIdentity REBORN = new HostIdentity("south", "s2");

    @Test
    void shouldReclaimWhatAnEarlierLifeOwned() {
        LedgerState state = withVm();
        RestartPlan plan = RestartPlan.of(REBORN, state.list());

        assertThat(plan.reclaims())
                .singleElement()
                .satisfies(command -> assertThat(state.apply(command)).isInstanceOf(LedgerAnswer.Applied.class));
        assertThat(state.find(VM).orElseThrow().owner()).isEqualTo(REBORN);
        assertThat(RestartPlan.of(REBORN, state.list()).reclaims()).isEmpty();
    }

    @Test
    void shouldOfferTheTargetTheCommitInsteadOfAbortingBehindItsBack() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));
        RestartPlan plan = RestartPlan.of(REBORN, state.list());

        assertThat(plan.reclaims()).isEmpty();
        assertThat(plan.offers())
                .singleElement()
                .satisfies(command -> assertThat(state.apply(command)).isInstanceOf(LedgerAnswer.Applied.class));
        assertThat(state.find(VM).orElseThrow().owner()).isEqualTo(NORTH);
    }

    @Test
    void shouldLeaveTheVmsOfOthersAlone() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));
        RestartPlan target = RestartPlan.of(new HostIdentity("north", "n2"), state.list());

        assertThat(target.reclaims()).isEmpty();
        assertThat(target.offers()).isEmpty();
        assertThat(RestartPlan.of(SOUTH, state.list()).offers()).isEmpty();
    }

    @Test
    void shouldKnowThatTheTargetItWasInAnEarlierLifeIsGone() {
        LedgerState state = withVm();
        state.apply(prepare("p", "m1"));

        assertThat(RestartPlan.gone(new HostIdentity("north", "n2"), state.list()))
                .containsExactly(NORTH);
        assertThat(RestartPlan.gone(NORTH, state.list())).isEmpty();
        assertThat(RestartPlan.gone(REBORN, state.list())).isEmpty();
    }
}
