package io.godwit.control.inventory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.InvalidValueException;
import io.godwit.control.inventory.Rule.Kind;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RuleCheckTest {
    private static final List<Host> HOSTS = List.of(Host.of("a", 1 << 30, 8), Host.of("b", 1 << 30, 8));
    private static final List<Vm> VMS = List.of(vm("x"), vm("y"), vm("z"));

    private static Vm vm(String name) {
        return Vm.of(name, "a", 1 << 20, 1, Load.NONE);
    }

    private static Rule rule(String name, Kind kind, Set<String> vms, String... hosts) {
        return new Rule(name, kind, true, new TreeSet<>(vms), new TreeSet<>(List.of(hosts)));
    }

    private static RuleCheck check(Rule... rules) {
        return RuleCheck.of(Inventory.of(HOSTS, VMS, List.of(rules)));
    }

    @Test
    void shouldKeepRulesThatHoldTogether() {
        RuleCheck check = check(
                rule("pair", Kind.TOGETHER, Set.of("x", "y")),
                rule("spread", Kind.APART, Set.of("x", "z")),
                rule("west", Kind.ON, Set.of("x"), "a"));

        assertThat(check.conflicts()).isEmpty();
        assertThat(check.kept()).hasSize(3);
    }

    @Test
    void shouldLeaveOutARuleThatContradictsThoseBeforeIt() {
        RuleCheck check = check(
                rule("pair", Kind.TOGETHER, Set.of("x", "y")),
                rule("chain", Kind.TOGETHER, Set.of("y", "z")),
                rule("spread", Kind.APART, Set.of("x", "z")));

        assertThat(check.kept()).extracting(Rule::name).containsExactly("pair", "chain");
        assertThat(check.conflicts())
                .containsExactly("rule spread is left out: VMs x and z are to be together and, by spread, apart");
    }

    @Test
    void shouldSayOfEachRuleThatIsLeftOutWhy() {
        Rule pair = rule("pair", Kind.TOGETHER, Set.of("x", "y"));
        Rule wish = new Rule("wish", Kind.APART, false, new TreeSet<>(Set.of("x", "y")), new TreeSet<>());

        assertThat(check(pair, rule("spread", Kind.APART, Set.of("x", "y"))).leftOut())
                .isEqualTo(Map.of("spread", "VMs x and y are to be together and, by spread, apart"));
        assertThat(check(pair, rule("spread", Kind.APART, Set.of("x", "z"))).leftOut())
                .isEmpty();
        assertThat(check(pair, wish).leftOut()).isEmpty();
    }

    @Test
    void shouldLeaveOutARuleThatLeavesAVmNoHost() {
        assertThat(check(
                                rule("pair", Kind.TOGETHER, Set.of("x", "y")),
                                rule("west", Kind.ON, Set.of("x"), "a"),
                                rule("east", Kind.NOT_ON, Set.of("y"), "a"))
                        .conflicts())
                .containsExactly("rule east is left out: it leaves VM y no host");
    }

    @Test
    void shouldLeaveOutASpreadOverTooFewHosts() {
        assertThat(check(rule("spread", Kind.APART, Set.of("x", "y", "z"))).conflicts())
                .containsExactly("rule spread is left out: 3 VMs are to be apart by spread and may be on 2 hosts");
    }

    @Test
    void shouldKeepPreferencesThatContradict() {
        Rule wish = new Rule("wish", Kind.APART, false, new TreeSet<>(Set.of("x", "y")), new TreeSet<>());
        assertThat(check(rule("pair", Kind.TOGETHER, Set.of("x", "y")), wish).kept())
                .contains(wish);
    }

    @Test
    void shouldRefuseNamesThatAreNotThereOrTwice() {
        assertThatThrownBy(() -> check(rule("pair", Kind.TOGETHER, Set.of("x", "nobody"))))
                .isInstanceOf(InvalidValueException.class)
                .hasMessage("pair.vms: \"nobody\" is not accepted; expected VMs of the inventory");
        assertThatThrownBy(() -> Inventory.of(HOSTS, List.of(vm("x"), vm("x")), List.of()))
                .hasMessageContaining("vm: \"x\"");
        assertThatThrownBy(() -> Inventory.of(List.of(), List.of(vm("x")), List.of()))
                .hasMessageContaining("vm x.host: \"a\"");
    }

    @Test
    void shouldRefuseRulesWithoutWhatTheyNeed() {
        assertThatThrownBy(() -> rule("alone", Kind.APART, Set.of("x"))).hasMessageContaining("2 or more");
        assertThatThrownBy(() -> rule("nowhere", Kind.ON, Set.of("x"))).hasMessageContaining("one or more");
        assertThatThrownBy(() -> rule("odd", Kind.APART, Set.of("x", "y"), "a")).hasMessageContaining("none");
    }
}
