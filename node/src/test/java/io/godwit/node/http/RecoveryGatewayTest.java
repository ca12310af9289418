package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** What the gateway answers about hosts that are down. */
class RecoveryGatewayTest extends GatewayHarness {
    @Test
    void shouldListRecoveriesAsDocumented() throws Exception {
        JsonNode schemas = get("/v1/openapi.json").at("/components/schemas");
        JsonNode one = get("/v1/recoveries").get(0);

        assertSameFields(schemas.at("/Recovery/properties"), one);
        assertThat(one.get("state").asText()).isEqualTo("waiting");
        assertThat(one.get("changedAt").asText()).isEqualTo("1970-01-01T00:00:02Z");
    }

    @Test
    void shouldTakeAnOperatorsWordThatAHostIsDead() throws Exception {
        JsonNode answer = tree(send("POST", "/v1/hosts/alpha/confirm-dead", "{}"));

        assertThat(answer.at("/incarnations/0").asText()).isEqualTo("life-1");
        assertThat(cluster.recoveries().asked).containsExactly("confirm-dead alpha");
        assertProblem(send("POST", "/v1/hosts/alpha/confirm-dead", "{\"sure\":true}"), 400, "sure");
    }

    @Test
    void shouldRescueAVmOfADeadHost() throws Exception {
        assertThat(send("POST", "/v1/vms/db/migrations", "{\"mode\":\"rescue\",\"target\":\"beta\"}")
                        .statusCode())
                .isEqualTo(202);
        assertThat(send("POST", "/v1/vms/db/migrations", "{\"mode\":\"rescue\",\"autoStart\":true}")
                        .statusCode())
                .isEqualTo(202);

        assertThat(cluster.recoveries().asked).containsExactly("rescue db beta false", "rescue db anywhere true");
        assertThat(send("POST", "/v1/vms/db/migrations", "{\"mode\":\"cold\",\"target\":\"beta\"}")
                        .statusCode())
                .isEqualTo(202);
        assertThat(cluster.recoveries().asked).last().isEqualTo("cold db beta false");
        assertProblem(send("POST", "/v1/vms/db/migrations", "{\"mode\":\"cold\"}"), 400, "target");
        assertProblem(send("POST", "/v1/vms/db/migrations", "{\"mode\":\"warm\"}"), 400, "mode");
        assertProblem(send("POST", "/v1/vms/db/migrations", "{\"mode\":\"rescue\",\"xbzrle\":true}"), 400, "xbzrle");
        assertProblem(send("POST", "/v1/vms/db/migrations", "{\"mode\":\"rescue\",\"dryRun\":true}"), 400, "dryRun");
    }

    @Test
    void shouldForgetAHostThatIsGone() throws Exception {
        assertThat(send("DELETE", "/v1/hosts/alpha", "").statusCode()).isEqualTo(204);

        assertThat(cluster.recoveries().asked).containsExactly("forget alpha");
    }

    @Test
    void shouldSwitchAutomaticRecoveryOfAHost() throws Exception {
        assertThat(get("/v1/hosts/alpha/auto-migrate-on-host-down")
                        .get("enabled")
                        .asBoolean())
                .isTrue();

        JsonNode answer = tree(send("POST", "/v1/hosts/alpha/auto-migrate-on-host-down", "{\"enabled\":false}"));

        assertThat(answer.get("enabled").asBoolean()).isFalse();
        assertThat(cluster.recoveries().asked).containsExactly("auto-migrate alpha false");
        assertProblem(send("POST", "/v1/hosts/alpha/auto-migrate-on-host-down", "{}"), 400, "enabled");
    }
}
