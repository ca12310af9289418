package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;

/** What the gateway answers about the ledger itself. */
class LedgerGatewayTest extends GatewayHarness {
    @Test
    void shouldShowTheLedgerWithoutALeaderAsDocumented() throws Exception {
        JsonNode schemas = get("/v1/openapi.json").at("/components/schemas");
        JsonNode status = get("/v1/ledger");

        assertSameFields(schemas.at("/LedgerStatus/properties"), status);
        assertSameFields(schemas.at("/LedgerVoter/properties"), status.at("/voters/0"));
        assertSameFields(schemas.at("/LedgerHost/properties"), status.at("/hosts/0"));
        assertThat(status.get("level").asInt()).isEqualTo(1);
        assertThat(status.at("/hosts/0/host").asText()).isEqualTo("alpha");
        assertThat(status.at("/hosts/0/speaks").asInt()).isEqualTo(2);
        assertThat(status.at("/hosts/1/speaks").isNull()).isTrue();
        assertThat(status.get("quorum").asBoolean()).isFalse();
        assertThat(status.get("generation").asInt()).isZero();
        assertThat(status.at("/notes/0").asText()).isEqualTo("a note");
        assertThat(status.get("leader").isNull()).isTrue();
        assertThat(status.at("/missing/0").asText()).isEqualTo("beta");
        assertThat(status.at("/voters/0/role").asText()).isEqualTo("candidate");
        assertThat(status.at("/voters/0/term").asLong()).isEqualTo(4);
        assertThat(status.at("/voters/1/reachable").asBoolean()).isFalse();
        assertThat(status.at("/voters/1/detail").asText()).isEqualTo("connection refused");
        assertThat(status.at("/voters/1/term").isNull()).isTrue();
    }

    @Test
    void shouldShowTheQuorumBesideTheMembers() throws Exception {
        JsonNode ledger = get("/v1/cluster").get("ledger");

        assertSameFields(
                get("/v1/openapi.json").at("/components/schemas/Cluster/properties/ledger/properties"), ledger);
        assertThat(ledger.get("quorum").asText()).isEqualTo("held");
        assertThat(ledger.at("/missing/0").asText()).isEqualTo("gamma");
    }

    @Test
    void shouldReplaceAVoter() throws Exception {
        assertThat(send("POST", "/v1/ledger/voters", "{\"replace\":\"beta\",\"with\":\"delta\"}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(send(
                                "POST",
                                "/v1/ledger/voters",
                                "{\"replace\":\"beta\",\"with\":\"delta\",\"address\":\"10.0.0.4:7402\"}")
                        .statusCode())
                .isEqualTo(200);

        assertThat(cluster.ledger().asked).containsExactly("beta by delta", "beta by delta at 10.0.0.4:7402");
        assertProblem(send("POST", "/v1/ledger/voters", "{\"replace\":\"beta\"}"), 400, "with");
        assertProblem(
                send("POST", "/v1/ledger/voters", "{\"replace\":\"beta\",\"with\":\"delta\",\"address\":\"x\"}"),
                400,
                "host:port");
        assertProblem(send("POST", "/v1/ledger/voters", "{\"replace\":\"nobody\",\"with\":\"delta\"}"), 400, "replace");
    }

    @Test
    void shouldHaveOneMoreHostVote() throws Exception {
        assertThat(send("POST", "/v1/ledger/voters", "{\"add\":\"delta\",\"address\":\"10.0.0.4:7402\"}")
                        .statusCode())
                .isEqualTo(200);

        assertThat(cluster.ledger().asked).containsExactly("and delta at 10.0.0.4:7402");
        assertProblem(send("POST", "/v1/ledger/voters", "{\"add\":\"delta\",\"replace\":\"beta\"}"), 400, "replace");
    }

    @Test
    void shouldRaiseTheLedgersLevelOrSayWhoIsTooOld() throws Exception {
        assertThat(send("POST", "/v1/ledger/upgrade", "{}").statusCode()).isEqualTo(200);
        assertThat(cluster.ledger().asked).containsExactly("upgrade");

        cluster.ledger().upgradable = false;

        HttpResponse<String> refused = send("POST", "/v1/ledger/upgrade", "{}");
        assertThat(refused.statusCode()).isEqualTo(409);
        assertThat(refused.body()).contains("not raised to level 2").contains("host beta is older");
    }

    @Test
    void shouldSayWhatARecoveryWouldMean() throws Exception {
        JsonNode seen = get("/v1/ledger/recovery?from=alpha");

        assertSameFields(get("/v1/openapi.json").at("/components/schemas/LedgerRecovery/properties"), seen);
        assertThat(seen.get("lastIndex").asInt()).isEqualTo(41);
        assertThat(seen.get("committed").asInt()).isEqualTo(40);
        assertThat(seen.get("lastWritten").asText()).isEqualTo("1970-01-01T00:00:00Z");
        assertThat(seen.at("/silent/0").asText()).isEqualTo("beta");
        assertThat(seen.at("/objections/0").asText()).contains("quorum");
        assertThat(seen.at("/warnings/0").asText()).contains("alpha");
        assertProblem(send("GET", "/v1/ledger/recovery", null), 400, "from");
    }

    @Test
    void shouldMakeTheLedgerAnewOnlyWithTheLostNamed() throws Exception {
        String body = "{\"from\":\"alpha\",\"lost\":[\"gamma\",\"beta\"],\"generation\":0}";

        assertThat(send("POST", "/v1/ledger/recovery", body).statusCode()).isEqualTo(200);

        assertThat(cluster.ledger().asked).containsExactly("anew from alpha without [beta, gamma] after 0");
        assertProblem(send("POST", "/v1/ledger/recovery", "{\"from\":\"alpha\",\"lost\":[]}"), 400, "generation");
        assertProblem(send("POST", "/v1/ledger/recovery", "{\"lost\":[\"beta\"],\"generation\":0}"), 400, "from");
    }

    @Test
    void shouldTakeABackupThatIsLargerThanOtherRequests() throws Exception {
        assertThat(send("POST", "/v1/ledger/restore", "x".repeat(3 << 20)).statusCode())
                .isEqualTo(200);

        assertThat(cluster.ledger().asked).containsExactly("restore " + (3 << 20) + " bytes");
    }

    @Test
    void shouldServeABackupAsAFile() throws Exception {
        HttpResponse<String> backup = send("GET", "/v1/ledger/backup", null);

        assertThat(backup.body()).isEqualTo("zipped");
        assertThat(backup.headers().firstValue("Content-Type")).contains("application/gzip");
        assertThat(backup.headers().firstValue(LedgerApi.INDEX_HEADER)).contains("41");
        assertThat(backup.headers().firstValue("Content-Disposition").orElse(""))
                .contains("ledger-4-41.json.gz");
    }
}
