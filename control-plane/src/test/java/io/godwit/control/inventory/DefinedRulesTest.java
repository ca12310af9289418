package io.godwit.control.inventory;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.PlacementRule;
import io.godwit.config.PlacementRule.Kind;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class DefinedRulesTest {
    private static VmSpec vm(String name, PlacementRule... rules) {
        return new VmSpec(name, 64L << 20, 1, "/kernel", "", null, DirtyLogKind.BITMAP, new TreeSet<>())
                .with(new VmPlacement(List.of(rules), null, new TreeSet<>(), false));
    }

    private static PlacementRule rule(Kind kind, boolean strict, String... names) {
        return new PlacementRule(kind, strict, new TreeSet<>(List.of(names)));
    }

    @Test
    void shouldNameTheVmThatHasTheRuleAmongItsVms() {
        List<Rule> rules = DefinedRules.of(
                List.of(vm("db", rule(Kind.APART, true, "web"), rule(Kind.NOT_ON, false, "a", "b")), vm("web")));

        assertThat(rules)
                .containsExactly(
                        new Rule(
                                "db.rules[0]",
                                Rule.Kind.APART,
                                true,
                                new TreeSet<>(Set.of("db", "web")),
                                new TreeSet<>()),
                        new Rule(
                                "db.rules[1]",
                                Rule.Kind.NOT_ON,
                                false,
                                new TreeSet<>(Set.of("db")),
                                new TreeSet<>(Set.of("a", "b"))));
    }

    @Test
    void shouldLeaveOutVmsThatAreGoneAndRulesThatSayNothingWithoutThem() {
        List<Rule> rules = DefinedRules.of(
                List.of(vm("db", rule(Kind.TOGETHER, true, "gone", "web"), rule(Kind.APART, true, "gone")), vm("web")));

        assertThat(rules)
                .singleElement()
                .satisfies(rule -> assertThat(rule.vms()).containsExactly("db", "web"));
    }
}
