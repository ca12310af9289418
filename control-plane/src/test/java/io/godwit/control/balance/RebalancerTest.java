package io.godwit.control.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.InvalidValueException;
import io.godwit.control.balance.BalanceSettings.Policy;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class RebalancerTest {
    private static final long GIB = 1L << 30;
    private static final List<InFlight> NOTHING = List.of();

    /** So many VMs on host a, none on b and c. */
    private static Inventory lopsided(int vms, Load load) {
        List<Vm> all = new ArrayList<>();
        for (int i = 0; i < vms; i++) {
            all.add(Vm.of("v" + i, "a", GIB, 1, load));
        }
        return Inventory.of(
                List.of(Host.of("a", 64 * GIB, 16), Host.of("b", 64 * GIB, 16), Host.of("c", 64 * GIB, 16)),
                all,
                List.of());
    }

    private static Inventory lopsided(int vms) {
        return lopsided(vms, new Load(1, 0, true));
    }

    private static BalanceSettings settings(Policy policy, int holdRounds, boolean armed, boolean recommendOnly) {
        return new BalanceSettings(policy, 0.3, holdRounds, 0.1, 3_600_000, 5, 2, armed, recommendOnly);
    }

    @Test
    void shouldMoveNothingBeforeTheImbalanceHasLasted() {
        Rebalancer rebalancer = new Rebalancer(BalanceSettings.DEFAULT);

        assertThat(rebalancer.decide(0, lopsided(12), NOTHING).started()).isEmpty();
        assertThat(rebalancer.decide(1, lopsided(12), NOTHING).why())
                .isEqualTo("above the threshold for 2 of 3 rounds");
        assertThat(rebalancer.decide(2, lopsided(12), NOTHING).started()).isNotEmpty();
    }

    @Test
    void shouldBeginToCountAgainWhenTheImbalanceWasGone() {
        Rebalancer rebalancer = new Rebalancer(BalanceSettings.DEFAULT);
        Inventory level = Inventory.of(lopsided(0).hosts(), List.of(), List.of());
        rebalancer.decide(0, lopsided(12), NOTHING);
        rebalancer.decide(1, lopsided(12), NOTHING);

        assertThat(rebalancer.decide(2, level, NOTHING).why()).isEqualTo("imbalance 0.000 is not above 0.300");
        assertThat(rebalancer.decide(3, lopsided(12), NOTHING).started()).isEmpty();
    }

    @Test
    void shouldKeepTheLimitsOfTheClusterAndOfEachHost() {
        Rebalancer rebalancer = new Rebalancer(settings(Policy.BALANCE, 1, true, false));

        Decision first = rebalancer.decide(0, lopsided(12), NOTHING);
        assertThat(first.started()).as("all leave host a").hasSize(2);
        assertThat(first.plan().moves().size()).isGreaterThan(4);
        List<InFlight> flying = first.started().stream()
                .map(move -> new InFlight(move.vms().get(0), move.from(), move.to()))
                .toList();
        assertThat(rebalancer.decide(1, lopsided(12), flying).started()).isEmpty();
    }

    @Test
    void shouldNotMoveAVmAgainBeforeItHasRested() {
        Rebalancer rebalancer = new Rebalancer(settings(Policy.BALANCE, 1, true, false));
        rebalancer.decide(0, lopsided(2), NOTHING);

        Decision soon = rebalancer.decide(3_599_999, lopsided(2), NOTHING);
        Decision later = rebalancer.decide(7_200_000, lopsided(2), NOTHING);

        assertThat(soon.started()).hasSize(1).noneMatch(move -> move.vms().contains("v0"));
        assertThat(later.started()).isNotEmpty();
    }

    @Test
    void shouldMoveNothingThatWouldNotArriveOrCostsMoreThanItWins() {
        Rebalancer rebalancer = new Rebalancer(settings(Policy.BALANCE, 1, true, false));

        Decision decision = rebalancer.decide(0, lopsided(12, new Load(1, GIB, true)), NOTHING);

        assertThat(decision.started()).isEmpty();
        assertThat(decision.why()).isEqualTo("no move wins more than it costs");
    }

    @Test
    void shouldNotBeginAPlanThatBringsLessThanTheMargin() {
        BalanceSettings greedy = new BalanceSettings(Policy.BALANCE, 0.01, 1, 0.99, 0, 5, 2, true, false);

        Decision decision = new Rebalancer(greedy).decide(0, lopsided(11), NOTHING);

        assertThat(decision.started()).isEmpty();
        assertThat(decision.why()).startsWith("the best plan brings imbalance").endsWith("the margin of 99 %");
        assertThat(decision.plan().after()).isEqualTo(decision.plan().before());
    }

    @Test
    void shouldOnlyTellWhenItMayOnlyRecommend() {
        Decision decision = new Rebalancer(settings(Policy.BALANCE, 1, true, true)).decide(0, lopsided(12), NOTHING);

        assertThat(decision.started()).isEmpty();
        assertThat(decision.plan().moves()).isNotEmpty();
        assertThat(decision.why()).endsWith("(recommended only)");
    }

    @Test
    void shouldStillEmptyAHostWhenDisarmed() {
        Rebalancer rebalancer = new Rebalancer(settings(Policy.BALANCE, 1, false, false));
        Inventory drained =
                lopsided(12).withHosts(List.of(Host.of("a", 64 * GIB, 16).in(HostState.DRAINING)));

        assertThat(rebalancer.decide(0, lopsided(12), NOTHING).why()).isEqualTo("disarmed");
        assertThat(rebalancer.decide(0, lopsided(12), NOTHING).started()).isEmpty();
        assertThat(rebalancer.decide(1, drained, NOTHING).started()).hasSize(2).allMatch(Move::required);
    }

    @Test
    void shouldStartWhatRunsNowhere() {
        Inventory lost = Inventory.of(lopsided(0).hosts(), List.of(Vm.of("v", null, GIB, 1, Load.NONE)), List.of());

        Decision decision = new Rebalancer(BalanceSettings.DEFAULT).decide(0, lost, NOTHING);

        assertThat(decision.started()).hasSize(1).allSatisfy(move -> {
            assertThat(move.from()).isNull();
            assertThat(move.reason()).isEqualTo("it runs nowhere");
        });
    }

    @Test
    void shouldEmptyHostsThatHaveLittleToDoWhenConsolidating() {
        List<Vm> vms = new ArrayList<>();
        for (String host : List.of("a", "b", "c")) {
            for (int i = 0; i < 3; i++) {
                vms.add(Vm.of(host + i, host, 4 * GIB, 1, new Load(0.5, 0, true)));
            }
        }
        Inventory inventory = Inventory.of(lopsided(0).hosts(), vms, List.of());

        Decision decision = new Rebalancer(settings(Policy.CONSOLIDATE, 1, true, false)).decide(0, inventory, NOTHING);

        assertThat(decision.plan().moves()).hasSize(6);
        assertThat(decision.plan().moves()).extracting(Move::to).containsOnly("b");
    }

    @Test
    void shouldRefuseSettingsOutOfRange() {
        assertThatThrownBy(() -> new BalanceSettings(Policy.BALANCE, -1, 3, 0.1, 0, 5, 2, true, false))
                .isInstanceOf(InvalidValueException.class)
                .hasMessage("threshold: \"-1.0\" is not accepted; expected 0 to 10");
        assertThatThrownBy(() -> new BalanceSettings(Policy.BALANCE, 0.3, 3, Double.NaN, 0, 5, 2, true, false))
                .hasMessageContaining("margin");
    }

    @Test
    void shouldPredictThatAGuestWhichWritesFasterThanTheLinkNeverArrives() {
        Host host = Host.of("a", GIB, 1);
        Vm still = Vm.of("v", "a", GIB, 1, Load.NONE);

        assertThat(Cost.predicted(List.of(still), host, host)).isEqualTo(new Cost(1_000, GIB));
        assertThat(Cost.predicted(List.of(still.with(new Load(0, GIB / 2, true))), host, host))
                .isEqualTo(new Cost(2_000, 2 * GIB));
        assertThat(Cost.predicted(List.of(still.with(new Load(0, GIB, true))), host, host)
                        .ends())
                .isFalse();
    }
}
