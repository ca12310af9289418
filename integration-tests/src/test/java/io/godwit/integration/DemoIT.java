package io.godwit.integration;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.Rest;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
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
        assertThat(demo.output()).contains("ready at http://");
    }

    /** Real processes, KVM guests and three voters, all of it over mutual TLS. */
    @Test
    void shouldRunEncryptedOnRequest() {
        Host.assumeKvm();
        Cli.Result demo = Cli.run(Map.of(), LIMIT, "demo", "--tls", "--json");

        assertThat(demo.exitCode()).as(demo.output()).isZero();
        JsonNode json = Rest.read(demo.lastLine());
        Figures.report("demo over TLS: %s", json);
        assertThat(guestErrors(json)).as("guest.errors of %s", json).isZero();
        assertThat(json.path("migrations"))
                .hasSizeGreaterThanOrEqualTo(2)
                .allMatch(migration -> migration.path("status").asText().equals("completed"));
    }

    private static long guestErrors(JsonNode json) {
        return json.path("guest").path("errors").asLong(-1);
    }
}
