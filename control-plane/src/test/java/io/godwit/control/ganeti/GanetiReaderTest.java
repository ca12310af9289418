package io.godwit.control.ganeti;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.assertj.core.api.Assertions.within;

import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Rule;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class GanetiReaderTest {
    private static final double HBAL_SAYS = 3.57845537;
    private static final String FILE = """
            group|u-1|preferred||

            a|65536|1024|60000|1000|900|16|M|u-1|1||N|0|0|1.0
            b|65536|0|65536|1000|1000|16|N|u-1|1
            c|?|?|?|?|?|?|Y|u-1|1

            web1|4096|10|2|running|Y|a||ext|site:web
            web2|2048|10|1|running|Y|a||rbd|site:web|1|-|N
            db|8192|10|4|ADMIN_down|N|b|a|drbd|
            log|1024|10|1|running|Y|b||plain||1

            htools:iextags:site

            |128,1,1024,1,1,1|128,1,1024,1,1,1;32768,8,1048576,16,8,12|plain,ext|4.0|32.0
            """;

    private static List<String> problems(String text) {
        return catchThrowableOfType(GanetiFormatException.class, () -> GanetiReader.read("x.data", text))
                .problems();
    }

    @Test
    void shouldReadAllThatMattersToTheScheduler() {
        Inventory inventory = GanetiInventory.of(GanetiReader.read("x.data", FILE));

        assertThat(inventory.host("a").memoryBytes()).isEqualTo(64512L << 20);
        assertThat(inventory.host("c").state()).isEqualTo(HostState.MAINTENANCE);
        assertThat(inventory.vm("web1").host()).isEqualTo("a");
        assertThat(inventory.vm("web1").zones()).containsExactly("u-1");
        assertThat(inventory.host("a").pools()).containsExactlyInAnyOrder("local:a", "drbd:db");
        assertThat(inventory.vm("db").pools()).containsExactly("drbd:db");
        assertThat(inventory.vm("log").pools()).containsExactly("local:b");
        assertThat(inventory.rules()).extracting(Rule::name).containsExactly("tag:site:web");
    }

    @Test
    void shouldWriteWhatItReads() {
        GanetiFile file = GeneratedCluster.of(5, 7, 60);

        assertThat(GanetiReader.read("x.data", file.text())).isEqualTo(file);
        assertThat(file.with(Map.of("vm00000", "host0006")).instances().get(0).primary())
                .isEqualTo("host0006");
        assertThat(GanetiReader.read("x.data", FILE)
                        .with(Map.of("db", "a"))
                        .instances()
                        .get(2)
                        .secondary())
                .as("roles of DRBD's nodes")
                .isEqualTo("b");
    }

    @Test
    void shouldNameEveryBrokenLineWithItsFieldValueAndWhatIsAccepted() {
        String broken = FILE.replace("a|65536|1024", "a|lots|1024")
                .replace("b|65536|0|65536|1000|1000|16", "b|65536|0|65536|1000|1000|0")
                .replace("web1|4096", "web1|-5")
                .replace("|rbd|", "|floppy|")
                .replace("Y|b||plain", "Y|nobody||plain");

        assertThat(problems(broken))
                .contains(
                        "line 3: node.t_mem: \"lots\" is not accepted; expected a whole number from 0 to 1073741824",
                        "line 4: node.pcpus: \"0\" is not accepted; expected a whole number from 1 to 4096",
                        "line 7: instance.memory: \"-5\" is not accepted; expected a whole number from 1 to 1073741824",
                        "line 10: instance.primary: \"nobody\" is not accepted; expected a node of the file")
                .anyMatch(problem -> problem.startsWith("line 8: instance.disk_template: \"floppy\""));
    }

    @Test
    void shouldRefuseMissingSectionsColumnsAndNamesThatAreThereTwice() {
        assertThat(problems("group|u-1|preferred||\n")).hasSize(1).allMatch(it -> it.contains("1 sections"));
        assertThat(problems(FILE.replace("web2|2048|10|1|running|Y|a||rbd|site:web|1|-|N", "web2|2048")))
                .anyMatch(it -> it.startsWith("line 8: instance: \"2 columns\""));
        assertThat(problems(FILE.replace("web2|", "web1|"))).anyMatch(it -> it.startsWith("line 8: instance.name"));
        assertThat(problems(FILE.replace("b|a|drbd", "b|b|drbd")))
                .anyMatch(it -> it.startsWith("line 9: instance.secondary"));
    }

    @Test
    void shouldReadOrRefuseWhateverIsSpoilt() {
        for (long seed = 0; seed < 2_000; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            StringBuilder text = new StringBuilder(FILE);
            for (int i = 0; i < 3; i++) {
                int at = random.nextInt(text.length());
                text.replace(at, at + 1, String.valueOf((char) (random.nextBoolean() ? '|' : random.nextInt(0, 300))));
            }
            Throwable thrown = null;
            try {
                GanetiInventory.of(GanetiReader.read("x.data", text.toString()));
            } catch (IllegalArgumentException refused) {
                thrown = refused;
            } catch (RuntimeException other) {
                throw new AssertionError("seed " + seed, other);
            }
            if (thrown != null) {
                assertThat(thrown.getMessage()).as("seed " + seed).contains("expected");
            }
        }
    }

    /** As {@code hbal -vvv} 3.0.2 prints it for this file. */
    @Test
    void shouldComputeTheScoreThatHbalPrints() {
        String text = """
                group|u-1|preferred||

                a|65536|0|53248|0|0|16|M|u-1|1||N|0|0|1.0
                b|65536|0|65536|0|0|16|N|u-1|1||N|0|0|1.0
                c|32768|0|24576|0|0|8|N|u-1|1||N|0|0|1.0

                one|4096|10|2|running|Y|a||ext||1|-
                two|8192|10|1|running|Y|a||ext||1|-
                three|8192|10|4|running|Y|c||ext||1|-


                |128,1,1024,1,1,1|128,1,1024,1,1,1;32768,8,1048576,16,8,12|plain,ext,drbd,sharedfile|4.0|32.0
                """;

        assertThat(GanetiScore.of(GanetiReader.read("x.data", text))).isCloseTo(HBAL_SAYS, within(1e-8));
    }
}
