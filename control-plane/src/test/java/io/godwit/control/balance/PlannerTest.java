package io.godwit.control.balance;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.ganeti.GanetiInventory;
import io.godwit.control.ganeti.GeneratedCluster;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class PlannerTest {
    private static final long GIB = 1L << 30;

    private static Vm vm(String name, String host, long memoryBytes) {
        return Vm.of(name, host, memoryBytes, 1, new Load(1, 0, true));
    }

    /** Makes the moves of a plan one after the other, and fails where one leads over a host's memory. */
    private static Inventory carriedOut(Inventory inventory, Plan plan, String told) {
        Map<String, Vm> now = new HashMap<>();
        inventory.vms().forEach(vm -> now.put(vm.name(), vm));
        for (Move move : plan.moves()) {
            move.vms().forEach(vm -> now.computeIfPresent(vm, (name, at) -> at.at(move.to())));
            long usedBytes = now.values().stream()
                    .filter(vm -> move.to().equals(vm.host()))
                    .mapToLong(Vm::memoryBytes)
                    .sum();
            assertThat(usedBytes)
                    .as(told + ": " + move)
                    .isLessThanOrEqualTo(inventory.host(move.to()).memoryBytes());
        }
        return inventory.withVms(now.values());
    }

    @Test
    void shouldBalanceAnyClusterWithoutAStepOverAHostsMemory() {
        for (long seed = 0; seed < 10; seed++) {
            Inventory inventory = GanetiInventory.of(GeneratedCluster.of(seed, 12, 110));

            Plan plan = Planner.plan(inventory, Measure.LOAD, Set.of());

            Inventory after = carriedOut(inventory, plan, "seed " + seed);
            assertThat(plan.after()).as("seed " + seed).isLessThan(plan.before() * 0.2);
            assertThat(Planner.imbalance(after, Measure.LOAD))
                    .as("seed " + seed)
                    .isCloseTo(plan.after(), org.assertj.core.api.Assertions.within(1e-9));
            String told = "seed " + seed;
            Set<String> moved = new HashSet<>();
            plan.moves()
                    .forEach(move -> move.vms()
                            .forEach(vm -> assertThat(moved.add(vm))
                                    .as(told + ": " + vm + " moves once")
                                    .isTrue()));
        }
    }

    @Test
    void shouldGiveTheSamePlanForTheSameInventory() {
        Inventory inventory = GanetiInventory.of(GeneratedCluster.of(3, 12, 110));

        assertThat(Planner.plan(inventory, Measure.LOAD, Set.of()))
                .isEqualTo(Planner.plan(inventory, Measure.LOAD, Set.of()));
    }

    @Test
    void shouldEmptyAHostThatIsDrainedAndKeepTheOthersBalanced() {
        List<Vm> vms = new ArrayList<>();
        for (int i = 0; i < 12; i++) {
            vms.add(vm("v" + i, List.of("a", "b", "c").get(i % 3), GIB));
        }
        Inventory inventory = Inventory.of(
                List.of(
                        Host.of("a", 16 * GIB, 8).in(HostState.DRAINING),
                        Host.of("b", 16 * GIB, 8),
                        Host.of("c", 16 * GIB, 8)),
                vms,
                List.of());

        Plan plan = Planner.plan(inventory, Measure.LOAD, Set.of());

        Map<String, List<Vm>> after = carriedOut(inventory, plan, "").byHost();
        assertThat(after.get("a")).isEmpty();
        assertThat(after.get("b")).hasSameSizeAs(after.get("c"));
        assertThat(plan.moves())
                .hasSize(4)
                .allMatch(Move::required)
                .allMatch(move -> move.reason().equals("host a is draining"));
    }

    @Test
    void shouldSayWhyAVmFindsNoHost() {
        Inventory inventory = Inventory.of(
                List.of(Host.of("a", 4 * GIB, 8).in(HostState.MAINTENANCE), Host.of("b", GIB, 8)),
                List.of(vm("x", "a", 2 * GIB)),
                List.of());

        Plan plan = Planner.plan(inventory, Measure.LOAD, Set.of());

        assertThat(plan.moves()).isEmpty();
        assertThat(plan.notes())
                .containsExactly("VM x finds no host: host b: it has 1GiB of memory free, the VM wants 2GiB");
    }

    @Test
    void shouldMoveThoseTogetherThatMustStayTogetherAndMendWhatIsBroken() {
        Rule pair = new Rule("pair", Kind.TOGETHER, true, new TreeSet<>(Set.of("x", "y")), new TreeSet<>());
        Rule spread = new Rule("spread", Kind.APART, true, new TreeSet<>(Set.of("u", "w")), new TreeSet<>());
        Inventory inventory = Inventory.of(
                List.of(
                        Host.of("a", 8 * GIB, 8).in(HostState.DRAINING),
                        Host.of("b", 8 * GIB, 8),
                        Host.of("c", 8 * GIB, 8)),
                List.of(vm("x", "a", GIB), vm("y", "a", GIB), vm("u", "b", GIB), vm("w", "b", GIB)),
                List.of(pair, spread));

        Plan plan = Planner.plan(inventory, Measure.LOAD, Set.of());

        assertThat(plan.moves()).anySatisfy(move -> assertThat(move.vms()).containsExactly("x", "y"));
        Map<String, List<Vm>> after = carriedOut(inventory, plan, "").byHost();
        assertThat(after.get("a")).isEmpty();
        assertThat(after.get("b")).extracting(Vm::name).doesNotContainSequence("u", "w");
        assertThat(after.values())
                .noneMatch(vms -> vms.stream().map(Vm::name).toList().containsAll(List.of("u", "w")));
    }

    @Test
    void shouldLeaveAloneWhatIsPinnedOrNotMeasuredOrOutOfReach() {
        Vm pinned = vm("pinned", "a", GIB).pinned("an operator's wish");
        Vm unknown = vm("unknown", "a", GIB).with(new Load(1, 0, false));
        Vm lost = vm("lost", "c", GIB);
        Inventory inventory = Inventory.of(
                List.of(
                        Host.of("a", 8 * GIB, 8),
                        Host.of("b", 8 * GIB, 8),
                        Host.of("c", 8 * GIB, 8).in(HostState.UNREACHABLE)),
                List.of(pinned, unknown, lost),
                List.of());

        assertThat(Planner.plan(inventory, Measure.LOAD, Set.of()).moves()).isEmpty();
    }

    @Test
    void shouldPlanForHundredsOfHosts() {
        Inventory inventory = GanetiInventory.of(GeneratedCluster.of(1, 300, 4_000));

        Plan plan = Planner.plan(inventory, Measure.GANETI, Set.of());

        assertThat(plan.after()).isLessThan(plan.before() * 0.1);
    }
}
