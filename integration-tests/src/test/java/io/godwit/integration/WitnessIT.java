package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Two hosts and a witness, gamma. Its node sees no {@code /dev/kvm}, in a mount namespace of its own, and its file asks for
 * KVM and leaves nothing for guests: as a member it would not start.
 */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class WitnessIT {
    private static final Duration LIMIT = Duration.ofSeconds(90);
    /** The bar is 15 s, which is reported: two cores that carry three nodes, their guests and a build are late by more. */
    private static final Duration MOST = Duration.ofSeconds(45);

    private static final String WITNESS = "gamma";
    private static final String WHY = "host gamma: it is a witness, which runs no VMs";

    private TestCluster cluster;

    @BeforeEach
    void startCluster() {
        Host.assumeKvm();
        cluster = TestCluster.three(name -> name.equals(WITNESS) ? witness() : NodeSettings.USUAL);
    }

    private static NodeSettings witness() {
        String hide = "mount --bind /dev/null /dev/kvm && exec \"$@\"";
        return new NodeSettings(
                Map.of("host.role", "witness", "hypervisor.reserve", "64TiB"),
                Map.of(),
                List.of("/usr/bin/unshare", "--mount", "--propagation", "private", "sh", "-c", hide, "sh"));
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
    }

    @Test
    void shouldStartTheVmOfAKilledHostAtTheOtherMemberAndNothingAtTheWitness() {
        TestNode witness = cluster.gamma();
        ProbeVm movable = ProbeVm.start(
                cluster,
                cluster.alpha(),
                Shape.of("movable", "64MiB", "wss=2 rate=2 fill=16").movable());
        assertShownAsAWitness();
        assertThat(texts(create("there", Map.of("host", WITNESS)).body().path("reasons")))
                .containsExactly(WHY);
        String chosen = create("elsewhere", Map.of()).ok().path("host").asText();
        assertThat(chosen).isIn("alpha", "beta");
        assertThat(movable.refusalsOf(witness)).contains(WHY);
        Rest.Answer drained = witness.rest().post("/v1/hosts/gamma/drain", Map.of());
        assertThat(drained.status()).isEqualTo(409);
        assertThat(drained.body().path("detail").asText()).isEqualTo("nothing can be drained: " + WHY);

        cluster.alpha().kill();
        long killedNs = System.nanoTime();
        within(LIMIT, "the VM runs at beta", () -> {
            assertThat(movable.view().path("host").asText()).isNotEqualTo(WITNESS);
            return movable.host() == cluster.beta()
                    && movable.status().equals("running")
                    && movable.countersAt(cluster.beta()).perVcpu().get(0).heartbeat() > 0;
        });
        long tookMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - killedNs);
        Figures.report("two hosts and a witness: a killed host's movable VM ran at the other after %d ms", tookMs);
        assertThat(tookMs).isLessThanOrEqualTo(MOST.toMillis());
        assertThat(movable.hasMemoryAt(witness)).isFalse();
        assertThat(movable.view().path("epoch").asLong()).isEqualTo(2);

        TestNode again = cluster.restart(cluster.alpha());
        assertThat(movable.hasMemoryAt(again)).isFalse();
        movable.assertHealthyAt(cluster.beta());
    }

    private void assertShownAsAWitness() {
        for (TestNode asked : cluster.living()) {
            JsonNode host = asked.rest().get("/v1/hosts/gamma").ok();
            assertThat(host.path("role").asText()).isEqualTo("witness");
            assertThat(host.path("state").asText()).isEqualTo("up");
            assertThat(host.path("backend").asText()).isEqualTo("none");
            assertThat(host.path("guestMemoryBytes").asLong()).isZero();
            JsonNode seen = asked.rest().get("/v1/cluster").ok();
            assertThat(seen.at("/ledger/voters")).hasSize(3);
            assertThat(seen.at("/ledger/caveat").isNull()).isTrue();
            assertThat(texts(seen.path("hostLosses"), "host")).containsExactly("alpha", "beta");
            assertThat(texts(seen.path("members"), "role")).containsExactlyInAnyOrder("member", "member", "witness");
        }
    }

    private Rest.Answer create(String name, Map<String, String> more) {
        Map<String, Object> body = new HashMap<>(Map.of(
                "name", name, "memory", "64MiB", "kernel", ProbeVm.kernel().toString(), "cmdline", "wss=2 fill=16"));
        body.putAll(more);
        return cluster.gamma().rest().post("/v1/vms", body);
    }

    private static List<String> texts(JsonNode array, String field) {
        return array.findValuesAsText(field);
    }

    private static List<String> texts(JsonNode array) {
        List<String> texts = new ArrayList<>();
        array.forEach(text -> texts.add(text.asText()));
        return texts;
    }
}
