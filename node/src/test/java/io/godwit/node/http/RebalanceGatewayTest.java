package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import org.junit.jupiter.api.Test;

/** What the gateway answers about balance. */
class RebalanceGatewayTest extends GatewayHarness {
    @Test
    void shouldShowTheRebalancerAsDocumented() throws Exception {
        JsonNode schemas = get("/v1/openapi.json").at("/components/schemas");
        JsonNode status = get("/v1/rebalance");

        assertSameFields(schemas.at("/Rebalancer/properties"), status);
        assertSameFields(schemas.at("/PlannedMove/properties"), status.at("/plan/0"));
        assertSameFields(schemas.at("/BalanceMove/properties"), status.at("/moves/0"));
        assertThat(status.get("mode").asText()).isEqualTo("recommend-only");
        assertThat(status.at("/moves/0/state").asText()).isEqualTo("completed");
        assertThat(status.at("/moves/0/measuredGain").asDouble()).isEqualTo(0.29);
        assertThat(status.at("/moves/1/measuredGain").isNull())
                .as("not known yet")
                .isTrue();
        assertThat(status.at("/moves/1/costMs").isNull()).as("would not end").isTrue();
    }

    @Test
    void shouldPlanOrBegin() throws Exception {
        assertThat(tree(send("POST", "/v1/rebalance?dryRun=true", "{}"))
                        .at("/plan/0/gain")
                        .asDouble())
                .isEqualTo(0.4);
        assertThat(send("POST", "/v1/rebalance", null).statusCode()).isEqualTo(200);

        assertThat(cluster.rebalancing().asked).containsExactly("rebalance dryRun=true", "rebalance dryRun=false");
        assertProblem(send("POST", "/v1/rebalance?dryRun=maybe", "{}"), 400, "dryRun");
        assertProblem(send("POST", "/v1/rebalance", "{\"dryRun\":true}"), 400, "dryRun");
    }

    @Test
    void shouldSetWhatTheRebalancerMayDo() throws Exception {
        assertThat(tree(send("POST", "/v1/rebalance/mode", "{\"mode\":\"armed\"}"))
                        .get("mode")
                        .asText())
                .isEqualTo("armed");

        assertProblem(send("POST", "/v1/rebalance/mode", "{\"mode\":\"on\"}"), 400, "off, recommend-only, armed");
        assertProblem(send("POST", "/v1/rebalance/mode", "{}"), 400, "mode");
    }
}
