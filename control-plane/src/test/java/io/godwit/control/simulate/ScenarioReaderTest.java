package io.godwit.control.simulate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.godwit.control.balance.BalanceSettings.Policy;
import io.godwit.control.ganeti.GanetiFormatException;
import io.godwit.control.ganeti.GeneratedCluster;
import io.godwit.control.inventory.Load;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScenarioReaderTest {
    private static final String WHOLE = """
            seed = 7
            duration = 2h
            round = 10s
            trace = load.trace
            trace-gap = 5m
            settings { policy = consolidate, threshold = 0.2, cooldown = 10m, max-migrations = 3 }
            hosts = [
              { name = a, memory = 64GiB, cpus = 16, zone = west, pools = [fast], kernel = 6.1 }
              { name = b, memory = 64GiB, cpus = 16, state = draining, free-memory = 63GiB }
            ]
            vms = [ { name = x, host = a, memory = 4GiB, vcpus = 2, cpu = 0.5, dirty = 40MiB/s, pools = [fast] } ]
            rules = [ { name = r, kind = not-on, strict = false, vms = [x], hosts = [b] } ]
            events = [ { at = 1h, back = b }, { at = 10m, disarm = true } ]
            """;

    private static Scenario read(String text) {
        return ScenarioReader.read("x.conf", text, name -> "10m x 1.5 80MiB/s\n", null);
    }

    private static List<String> problems(String text) {
        return catchThrowableOfType(ScenarioException.class, () -> read(text)).problems();
    }

    @Test
    void shouldReadAWholeScenario() {
        Scenario scenario = read(WHOLE);

        assertThat(scenario.seed()).isEqualTo(7);
        assertThat(scenario.durationMs()).isEqualTo(7_200_000);
        assertThat(scenario.settings().policy()).isEqualTo(Policy.CONSOLIDATE);
        assertThat(scenario.settings().margin()).isEqualTo(0.1);
        assertThat(scenario.inventory().vm("x").kernel()).as("its host's").isEqualTo("6.1");
        assertThat(scenario.events())
                .containsExactly(new Event(600_000, Event.Kind.DISARM, ""), new Event(3_600_000, Event.Kind.BACK, "b"));
        assertThat(scenario.trace().at(scenario.inventory().vm("x"), 600_000, 300_000))
                .isEqualTo(new Load(1.5, 80 << 20, true));
        assertThat(scenario.trace()
                        .at(scenario.inventory().vm("x"), 900_001, 300_000)
                        .current())
                .as("after a gap")
                .isFalse();
        assertThat(ScenarioReader.read("x.conf", WHOLE, name -> "", 9L).seed()).isEqualTo(9);
    }

    @Test
    void shouldNameAllThatIsWrongWithItsLine() {
        assertThat(problems(WHOLE.replace("64GiB, cpus = 16, zone", "64GB, cpus = 16, zone")
                        .replace("threshold = 0.2", "threshold = 99")
                        .replace("kind = not-on", "kind = near")
                        .replace("round = 10s", "round = 10s, pace = 3")))
                .anyMatch(it -> it.startsWith("line 8: hosts[0].memory: \"64GB\" is not accepted; expected a size"))
                .anyMatch(it -> it.startsWith("line 6: settings.threshold: \"99.0\""))
                .anyMatch(
                        it -> it.startsWith("line 12: rules[0].kind: \"near\" is not accepted; expected one of [apart"))
                .anyMatch(it -> it.startsWith("line 3: pace: \"3\" is not accepted; expected one of ["));
        assertThat(problems("hosts = [")).hasSize(1);
        assertThat(problems("seed = 1"))
                .contains("inventory: missing; expected hosts, an inventory's file, or generate");
        assertThat(problems(WHOLE.replace("back = b", "back = c")))
                .anyMatch(it -> it.contains("event.back: \"c\" is not accepted; expected a host of the inventory"));
    }

    @Test
    void shouldTakeNoWordOfAHostThatContradictsItself() {
        Scenario lies = read(WHOLE.replace("free-memory = 63GiB", "free-memory = 10GiB"));
        assertThat(lies.inventory().host("b").distrust()).isEqualTo("it says 10GiB are free, its VMs leave 64GiB");
        assertThat(lies.notes()).hasSize(1);

        Scenario full = read(WHOLE.replace("memory = 4GiB", "memory = 70GiB"));
        assertThat(full.inventory().host("a").distrust()).isEqualTo("it says 64GiB of memory and its VMs have 70GiB");
    }

    @Test
    void shouldLeaveOutLinesOfATraceThatMakeNoSense() {
        LoadTrace trace = LoadTrace.parse("""
                # time vm cores dirty
                0s x 1 0
                10s nobody 1 0
                ten x 1 0
                20s x -3 0
                20s x NaN 0
                30s x 2
                40s x 2 5MiB/s # fine
                """, Set.of("x"));

        assertThat(trace.samples().get("x")).containsOnlyKeys(0L, 40_000L);
        assertThat(trace.problems())
                .hasSize(5)
                .contains(
                        "trace line 3 is left out: vm: \"nobody\" is not accepted; expected a VM of the inventory",
                        "trace line 5 is left out: cpu: \"-3.0\" is not accepted; expected 0 to 4096 cores");
    }

    @Test
    void shouldReadInventoriesOfGaneti() {
        String data = GeneratedCluster.of(1, 3, 20).text();

        assertThat(ScenarioReader.read("x.data", data, name -> "", null)
                        .inventory()
                        .vms())
                .hasSize(20);
        assertThat(ScenarioReader.read("x.conf", "inventory = y.data", name -> data, null)
                        .inventory()
                        .hosts())
                .hasSize(3);
        assertThat(read("generate { hosts = 4, vms = 30 }").inventory().vms()).hasSize(30);
        assertThatThrownBy(() -> ScenarioReader.read("x.conf", "inventory = y.data", name -> "nonsense", null))
                .isInstanceOf(GanetiFormatException.class);
    }
}
