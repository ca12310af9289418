package io.godwit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a request to create a VM says of its place. */
class PlacementRequestTest {
    private static VmPlacement read(Map<String, ?> fields) {
        Map<String, Object> all = new HashMap<>(Map.of("name", "db", "memory", "1GiB", "kernel", "/vmlinux"));
        all.putAll(fields);
        return VmRequest.parse(all).spec().placement();
    }

    private static List<String> refused(Map<String, ?> fields) {
        return catchThrowableOfType(InvalidFieldsException.class, () -> read(fields)).problems().stream()
                .map(InvalidValueException::getMessage)
                .toList();
    }

    @Test
    void shouldSayNothingWhereNothingIsSaid() {
        assertThat(read(Map.of())).isEqualTo(VmPlacement.ANYWHERE);
    }

    @Test
    void shouldReadEveryField() {
        VmPlacement placement = read(Map.of(
                "rules",
                List.of(
                        Map.of("kind", "apart", "vms", List.of("web", "mail")),
                        Map.of("kind", "not-on", "strict", false, "hosts", List.of("beta"))),
                "preferHost",
                "alpha",
                "zones",
                List.of("west"),
                "pinned",
                true));

        assertThat(placement)
                .isEqualTo(new VmPlacement(
                        List.of(
                                new PlacementRule(
                                        PlacementRule.Kind.APART, true, new TreeSet<>(List.of("mail", "web"))),
                                new PlacementRule(PlacementRule.Kind.NOT_ON, false, new TreeSet<>(List.of("beta")))),
                        "alpha",
                        new TreeSet<>(List.of("west")),
                        true));
    }

    @Test
    void shouldNameTheRuleAndTheFieldAtFault() {
        assertThat(refused(Map.of(
                        "rules",
                        List.of(
                                Map.of("kind", "near", "vms", List.of("web")),
                                Map.of("kind", "on", "vms", List.of("web")),
                                Map.of("kind", "apart", "vms", List.of())))))
                .containsExactly(
                        "rules[0].kind: \"near\" is not accepted; expected one of together, apart, on, not-on",
                        "rules[1].vms: \"[web]\" is not accepted; expected only the fields kind, strict, hosts",
                        "rules[2].vms: \"0 of them\" is not accepted; expected 1 to 64");
    }

    @Test
    void shouldRefuseARuleOfAVmWithItself() {
        assertThat(refused(Map.of("rules", List.of(Map.of("kind", "together", "vms", List.of("db", "web"))))))
                .containsExactly("rules: \"db\" is not accepted; expected names of other VMs than itself");
    }

    @Test
    void shouldRefuseMoreRulesThanAnybodyKeepsInMind() {
        List<Map<String, Object>> rules = IntStream.rangeClosed(0, VmPlacement.MAX_RULES)
                .mapToObj(i -> Map.<String, Object>of("kind", "apart", "vms", List.of("vm-" + i)))
                .toList();

        assertThat(refused(Map.of("rules", rules)))
                .containsExactly("rules: \"17 of them\" is not accepted; expected at most 16");
        assertThat(refused(Map.of("rules", List.of(rules.get(0), rules.get(0)))))
                .hasSize(1);
    }
}
