package io.godwit.control.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Vm;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Ranking.Wishes;
import io.godwit.control.recovery.HostChooser.Choice;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class InventoryChooserTest {
    private static final long MIB = 1L << 20;
    private static final HostIdentity A = new HostIdentity("a", "1");
    private static final HostIdentity B = new HostIdentity("b", "1");
    private static final Host DEAD = Host.of("dead", 0, 1).in(HostState.UNREACHABLE);

    private static VmRecord vm(String name) {
        return vm(name, VmPlacement.ANYWHERE);
    }

    private static VmRecord vm(String name, VmPlacement placement) {
        VmSpec spec = new VmSpec(name, 64 * MIB, 1, "/kernel", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new VmRecord(
                "id-" + name, spec.with(placement), new HostIdentity("dead", "1"), 1, DesiredState.RUNNING, null, null);
    }

    private static InventoryChooser chooser(List<Host> hosts, Map<String, Site> sites, String... vms) {
        List<Vm> orphans = List.of(vms).stream()
                .map(name -> Vm.of(name, "dead", 64 * MIB, 1, Load.NONE))
                .toList();
        List<Host> all = new ArrayList<>(hosts);
        all.add(DEAD);
        return new InventoryChooser(Inventory.of(all, orphans, List.of()), sites);
    }

    private static Map<String, Site> open() {
        return Map.of("a", new Site(A, "", 0), "b", new Site(B, "", 0));
    }

    @Test
    void shouldCountWhatTheSamePlanPlacedBefore() {
        InventoryChooser chooser =
                chooser(List.of(Host.of("a", 64 * MIB, 4), Host.of("b", 96 * MIB, 4)), open(), "one", "two", "three");
        Map<String, HostIdentity> placed = new HashMap<>();

        assertThat(chooser.choose(vm("one"), placed)).isEqualTo(new Choice.On(B));
        placed.put("id-one", B);
        assertThat(chooser.choose(vm("two"), placed)).isEqualTo(new Choice.On(A));
        placed.put("id-two", A);
        assertThat(chooser.choose(vm("three"), placed))
                .isEqualTo(new Choice.Nowhere(List.of(
                        "host a: it has 0B of memory free, the VM wants 64MiB",
                        "host b: it has 32MiB of memory free, the VM wants 64MiB")));
    }

    @Test
    void shouldNotChooseAHostThatSomethingStandsAgainst() {
        List<Host> hosts = List.of(Host.of("a", 64 * MIB, 4), Host.of("b", 96 * MIB, 4));

        assertThat(chooser(hosts, Map.of("a", new Site(A, "", 0), "b", new Site(B, "it has no permit now", 0)), "one")
                        .choose(vm("one"), Map.of()))
                .isEqualTo(new Choice.On(A));
        assertThat(chooser(hosts, Map.of("b", new Site(B, "it has no permit now", 0)), "one")
                        .choose(vm("one"), Map.of()))
                .isEqualTo(new Choice.Nowhere(List.of("host b: it has no permit now", "host a: it does not answer")));
    }

    @Test
    void shouldNeverChooseAWitnessHoweverMuchRoomItHas() {
        Host roomy = Host.of("a", 1024 * MIB, 64).in(HostState.WITNESS);
        VmPlacement preferring = new VmPlacement(List.of(), "a", new TreeSet<>(), false);

        assertThat(chooser(List.of(roomy, Host.of("b", 96 * MIB, 4)), open(), "one")
                        .choose(vm("one", preferring), Map.of()))
                .isEqualTo(new Choice.On(B));
        assertThat(chooser(List.of(roomy), open(), "one").choose(vm("one"), Map.of()))
                .isEqualTo(new Choice.Nowhere(List.of("host a: it is a witness, which runs no VMs")));
    }

    @Test
    void shouldTakeTheHostThatTheVmPrefersWhereItMayBe() {
        List<Host> hosts = List.of(Host.of("a", 64 * MIB, 4), Host.of("b", 96 * MIB, 4));
        VmPlacement preferring = new VmPlacement(List.of(), "a", new TreeSet<>(), false);

        assertThat(chooser(hosts, open(), "one").choose(vm("one", preferring), Map.of()))
                .isEqualTo(new Choice.On(A));
    }

    @Test
    void shouldRankAHostByTheMemoryOfVmsThatDoNotRunAndLetThemTakeNone() {
        Map<String, Site> promised = Map.of("a", new Site(A, "", 0), "b", new Site(B, "", 96 * MIB));
        List<Host> hosts = List.of(Host.of("a", 80 * MIB, 4), Host.of("b", 96 * MIB, 4));

        assertThat(chooser(hosts, promised, "one").ranking("one", Wishes.NONE).hosts())
                .containsExactly("a", "b");
    }

    @Test
    void shouldTellEverythingThatSpeaksAgainstANamedHost() {
        Vm demanding = new Vm(
                "one", "dead", 64 * MIB, 1, Load.NONE, Set.of("san"), Set.of("lan"), Set.of(), "", Set.of("west"), "");
        InventoryChooser chooser = new InventoryChooser(
                Inventory.of(List.of(Host.of("a", 0, 4), DEAD), List.of(demanding), List.of()), Map.of());

        assertThat(chooser.objections("one", "a", EnumSet.allOf(Filter.class)))
                .containsExactly(
                        "host a: it is in zone \"\", the VM belongs to [west]",
                        "host a: it does not reach pool san",
                        "host a: it is not on network lan",
                        "host a: it has 0B of memory free, the VM wants 64MiB");
        assertThat(chooser.objections("one", "a", EnumSet.of(Filter.ZONE))).hasSize(1);
    }
}
