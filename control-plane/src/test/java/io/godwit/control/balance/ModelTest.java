package io.godwit.control.balance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Rule.Kind;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class ModelTest {
    private static final long GIB = 1L << 30;

    private static Inventory random(SplittableRandom random) {
        List<Host> hosts = new ArrayList<>();
        for (int i = 0; i < 6; i++) {
            Host host = Host.of("h" + i, (32L + random.nextInt(64)) * GIB, 8 + random.nextInt(56));
            hosts.add(i == 5 ? host.in(HostState.DRAINING) : host);
        }
        List<Vm> vms = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            Load load = new Load(random.nextDouble() * 4, random.nextLong(GIB / 8), true);
            vms.add(Vm.of("v" + i, "h" + random.nextInt(6), (1 + random.nextLong(4)) * GIB, 1, load));
        }
        List<Rule> rules = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            Kind kind = i % 2 == 0 ? Kind.APART : Kind.TOGETHER;
            TreeSet<String> members = new TreeSet<>();
            while (members.size() < 3) {
                members.add("v" + random.nextInt(40));
            }
            rules.add(new Rule("r" + i, kind, i < 2, members, new TreeSet<>()));
        }
        rules.add(new Rule("where", Kind.ON, false, new TreeSet<>(Set.of("v1", "v2")), new TreeSet<>(Set.of("h0"))));
        return Inventory.of(hosts, vms, rules);
    }

    @Test
    void shouldPredictWhatMovesAndExchangesChangeForAnyClusterAndMeasure() {
        for (long seed = 0; seed < 200; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            Inventory inventory = random(random);
            for (Measure measure : List.of(Measure.LOAD, Measure.GANETI)) {
                Model model = new Model(inventory, measure, Set.of());
                for (int step = 0; step < 50; step++) {
                    int item = random.nextInt(model.items());
                    int to = random.nextInt(model.hosts());
                    int other = random.nextInt(model.items());
                    double before = model.imbalance();
                    double expected = before;
                    if (model.place(item) != to) {
                        model.consider(item);
                        double rules = model.rulesGainAt(item, to);
                        expected -= model.gainAt(item, to) - rules;
                        model.move(item, to);
                    }
                    assertThat(model.imbalance())
                            .as("seed " + seed + ", step " + step + ", " + measure.name())
                            .isCloseTo(expected, within(1e-9));
                    assertThat(model.imbalance())
                            .as("seed " + seed + ", step " + step + ", " + measure.name())
                            .isCloseTo(fresh(inventory, model, measure), within(1e-9));
                    exchange(model, item, other, "seed " + seed + ", step " + step);
                }
            }
        }
    }

    private static void exchange(Model model, int item, int other, String told) {
        if (model.place(item) == model.place(other)
                || model.isMisplaced(item)
                || model.isMisplaced(other)
                || model.hasCompany(item)
                || model.hasCompany(other)
                || model.prefers(item)
                || model.prefers(other)) {
            return;
        }
        double expected = model.imbalance() - model.swapGain(item, other);
        int to = model.place(other);
        model.move(other, model.place(item));
        model.move(item, to);
        assertThat(model.imbalance()).as(told).isCloseTo(expected, within(1e-9));
    }

    /** The imbalance of the places that a model has come to, from nothing but them. */
    private static double fresh(Inventory inventory, Model model, Measure measure) {
        List<Vm> moved = new ArrayList<>();
        for (int item = 0; item < model.items(); item++) {
            String host = model.host(model.place(item)).name();
            model.vms(item).forEach(vm -> moved.add(vm.at(host)));
        }
        return Planner.imbalance(inventory.withVms(moved), measure);
    }

    @Test
    void shouldCountBrokenRulesInWholeNumbers() {
        Rule apart = new Rule("r", Kind.APART, true, new TreeSet<>(Set.of("x", "y")), new TreeSet<>());
        Inventory inventory = Inventory.of(
                List.of(Host.of("a", GIB, 1), Host.of("b", GIB, 1), Host.of("c", GIB, 1)),
                List.of(Vm.of("x", "a", 1, 1, Load.NONE), Vm.of("y", "a", 1, 1, Load.NONE)),
                List.of(apart));
        Model model = new Model(inventory, Measure.LOAD, Set.of());

        model.consider(0);
        assertThat(model.rulesGainAt(0, 1)).isEqualTo(Model.BROKEN);
        model.move(0, 1);
        assertThat(model.admits(1, 1)).isFalse();
        assertThat(model.admits(1, 2)).isTrue();
        model.consider(1);
        assertThat(model.rulesGainAt(1, 2)).isZero();
    }

    @Test
    void shouldNeverAdmitMoreThanAHostHasMemoryFor() {
        Inventory inventory = Inventory.of(
                List.of(Host.of("a", 4 * GIB, 1), Host.of("b", 3 * GIB, 1)),
                List.of(Vm.of("x", "a", 2 * GIB, 1, Load.NONE), Vm.of("y", "b", 2 * GIB, 1, Load.NONE)),
                List.of());
        Model model = new Model(inventory, Measure.LOAD, Set.of());

        assertThat(model.admits(0, 1)).isFalse();
        assertThat(model.admits(1, 0)).isTrue();
        model.depart(1, 0);
        assertThat(model.admits(0, 1)).as("as long as y has not left").isFalse();
    }
}
