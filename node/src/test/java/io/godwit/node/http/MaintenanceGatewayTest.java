package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

class MaintenanceGatewayTest extends GatewayHarness {
    @Test
    void shouldServeDrainsAsDocumented() throws Exception {
        JsonNode schemas = get("/v1/openapi.json").at("/components/schemas");
        JsonNode drain = get("/v1/drains/d-1");

        assertSameFields(schemas.at("/Drain/properties"), drain);
        assertSameFields(schemas.at("/DrainMove/properties"), drain.at("/vms/0"));
        assertThat(get("/v1/drains").at("/0/id").asText()).isEqualTo("d-1");
        assertThat(send("GET", "/v1/drains/d-2", null).statusCode()).isEqualTo(404);
    }

    @Test
    void shouldBeginDrainsAndRestoresTwoMovesAtATimeUnlessAsked() throws Exception {
        HttpResponse<String> begun = send("POST", "/v1/hosts/alpha/drain", null);
        send("POST", "/v1/hosts/alpha/restore", "{\"concurrency\": 5}");

        assertThat(begun.statusCode()).as(begun.body()).isEqualTo(202);
        assertThat(begun.headers().firstValue("Location")).contains("/v1/drains/d-1");
        assertThat(cluster.maintenance().asked).containsExactly("drain alpha 2", "restore alpha 5");
    }

    @Test
    void shouldCancelWhatRunsUnlessItIsToFinish() throws Exception {
        assertThat(tree(send("DELETE", "/v1/drains/d-1", null)).get("state").asText())
                .isEqualTo("cancelling");
        send("DELETE", "/v1/drains/d-1?finish=true", null);

        assertThat(cluster.maintenance().asked).containsExactly("cancel d-1 false", "cancel d-1 true");
    }

    @Test
    void shouldRefuseWhatIsOutOfRangeOrUnknown() throws Exception {
        assertThat(send("POST", "/v1/hosts/alpha/drain", "{\"concurrency\": 65}")
                        .body())
                .contains("concurrency")
                .contains("1 to 64");
        assertThat(send("POST", "/v1/hosts/alpha/drain", "{\"concurency\": 1}").statusCode())
                .isEqualTo(400);
        assertThat(send("DELETE", "/v1/drains/d-1?finish=perhaps", null).statusCode())
                .isEqualTo(400);
        assertThat(cluster.maintenance().asked).isEmpty();
    }
}
