package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.Rest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The command that a newcomer runs first. */
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class DemoIT {
    private static final Duration LIMIT = Duration.ofMinutes(5);
    private static final List<String> FIELDS = List.of(
            "from", "to", "status", "rounds", "totalMs", "downtimeMs", "blackoutMs", "transferredBytes", "verified");

    @Test
    void shouldEndWithALineOfJsonThatTellsWhatWasMeasured() {
        Host.assumeKvm();
        Cli.Result demo = Cli.run(Map.of(), LIMIT, "demo", "--json");

        assertThat(demo.exitCode()).as(demo.output()).isZero();
        JsonNode json = Rest.read(demo.lastLine());
        Figures.report("demo: %s", json);
        assertThat(json.path("backend").asText()).isEqualTo("kvm");
        assertThat(json.path("hosts")).hasSizeGreaterThanOrEqualTo(3);
        assertThat(json.has("vm")).isTrue();
        assertThat(guestErrors(json)).as("guest.errors of %s", json).isZero();
        assertThat(json.path("migrations")).hasSizeGreaterThanOrEqualTo(2);
        for (JsonNode migration : json.path("migrations")) {
            FIELDS.forEach(field -> assertThat(migration.has(field))
                    .as("%s of %s", field, migration)
                    .isTrue());
            assertThat(migration.path("status").asText()).isEqualTo("completed");
            assertThat(migration.path("verified").asBoolean()).isTrue();
            assertThat(migration.path("blackoutMs").asDouble()).isPositive();
            assertThat(migration.path("transferredBytes").asLong()).isPositive();
        }
        JsonNode killed = json.path("killed");
        assertThat(killed.path("vmRunning").asBoolean()).as("%s", killed).isTrue();
        assertThat(demo.output())
                .contains("ready at http://")
                .contains("killing host " + killed.path("host").asText())
                .contains("the VM ran on")
                .contains("the ledger took a change")
                .contains("membership shows " + killed.path("host").asText())
                .contains("all processes ended, all files deleted");
    }

    /** Real processes, KVM guests and three voters, all of it over mutual TLS. */
    @Test
    @Tag("slow")
    void shouldRunEncryptedAndStayUpOnRequest() throws Exception {
        Host.assumeKvm();
        Cli.Result demo = Cli.run(Map.of(), LIMIT, "demo", "--tls", "--keep", "--json");
        try {
            assertThat(demo.exitCode()).as(demo.output()).isZero();
            JsonNode json = Rest.read(demo.lastLine());
            Figures.report("demo over TLS: %s", json);
            assertThat(guestErrors(json)).as("guest.errors of %s", json).isZero();
            assertThat(json.path("migrations"))
                    .hasSizeGreaterThanOrEqualTo(2)
                    .allMatch(migration -> migration.path("status").asText().equals("completed"));

            String api = printed(demo, "export GODWIT_API=(\\S+)");
            assertThat(new Rest(api).get("/v1/hosts").ok())
                    .hasSize(3)
                    .allMatch(host -> host.path("state").asText().equals("up"));
            assertThat(Cli.run(Map.of("GODWIT_API", api), LIMIT, "vm", "list").output())
                    .contains("running");
        } finally {
            stopAsPrinted(demo);
        }
    }

    /** What a kept cluster says that ends it. */
    private static void stopAsPrinted(Cli.Result demo) throws Exception {
        if (!demo.output().contains("to stop it:")) {
            return;
        }
        List<ProcessHandle> nodes = Arrays.stream(
                        printed(demo, "kill ([0-9 ]+); rm").split(" "))
                .map(Long::parseLong)
                .map(pid -> ProcessHandle.of(pid).orElseThrow())
                .toList();
        Path files = Path.of(printed(demo, "; rm -r (\\S+)"));
        assertThat(files).exists();

        new ProcessBuilder("sh", "-c", printed(demo, "(kill [0-9 ]+); rm"))
                .inheritIO()
                .start()
                .waitFor();
        within(
                Duration.ofSeconds(60),
                "the kept nodes end",
                () -> nodes.stream().noneMatch(ProcessHandle::isAlive));
        new ProcessBuilder("sh", "-c", "rm -r " + files).inheritIO().start().waitFor();
        assertThat(files).doesNotExist();
    }

    private static String printed(Cli.Result demo, String pattern) {
        Matcher matcher = Pattern.compile(pattern).matcher(demo.output());
        assertThat(matcher.find()).as("%s in %s", pattern, demo.output()).isTrue();
        return matcher.group(1);
    }

    private static long guestErrors(JsonNode json) {
        return json.path("guest").path("errors").asLong(-1);
    }
}
