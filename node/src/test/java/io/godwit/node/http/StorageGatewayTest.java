package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What the gateway answers about disks, networks, other devices, pools and volumes. */
class StorageGatewayTest extends GatewayHarness {
    @Test
    void shouldShowTheDevicesThatAVmIsCreatedWith() throws Exception {
        HttpResponse<String> answer = send("POST", "/v1/vms", """
                {"name": "fresh", "memory": "1GiB", "kernel": "/k", "devices": ["rng", "console"],
                 "disks": [{"volume": "fast/root.raw", "cache": "none", "queues": 4}],
                 "nics": [{"network": "lan", "mac": "02:00:00:00:00:01"}]}""");

        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(201);
        JsonNode vm = tree(answer);
        assertThat(vm.get("disks").toString())
                .isEqualTo(
                        "[{\"id\":\"disk/0\",\"slot\":1,\"volume\":\"fast/root.raw\",\"readOnly\":false,\"cache\":\"none\",\"queues\":4}]");
        assertThat(vm.get("nics").toString())
                .isEqualTo(
                        "[{\"id\":\"nic/0\",\"slot\":2,\"network\":\"lan\",\"mac\":\"02:00:00:00:00:01\",\"queues\":1}]");
        assertThat(vm.get("devices").toString()).isEqualTo("[\"rng\",\"console\"]");
        JsonNode schemas = get("/v1/openapi.json").at("/components/schemas");
        assertSameFields(schemas.at("/VmDisk/properties"), vm.at("/disks/0"));
        assertSameFields(schemas.at("/VmNic/properties"), vm.at("/nics/0"));
    }

    @Test
    void shouldServePoolsAndVolumesAsDocumented() throws Exception {
        JsonNode schemas = get("/v1/openapi.json").at("/components/schemas");

        assertSameFields(schemas.at("/Pool/properties"), get("/v1/pools").get(0));
        assertSameFields(schemas.at("/Volume/properties"), get("/v1/volumes").get(0));
        assertThat(get("/v1/volumes/fast/root.raw?host=alpha").get("sizeBytes").asLong())
                .isEqualTo(1 << 20);
        assertThat(send("GET", "/v1/volumes/fast/nothing", null).statusCode()).isEqualTo(404);
        assertThat(send("GET", "/v1/volumes/fast/..%2Fetc", null).statusCode()).isEqualTo(400);
    }

    @Test
    void shouldMakeVolumesEmptyAsCopiesAndAsSeeds() throws Exception {
        HttpResponse<String> made =
                send("POST", "/v1/volumes", "{\"pool\": \"fast\", \"name\": \"a\", \"size\": \"10MiB\"}");
        send("POST", "/v1/volumes", "{\"pool\": \"fast\", \"name\": \"b\", \"import\": \"/i\", \"format\": \"qcow2\"}");
        send("POST", "/v1/volumes", "{\"pool\": \"fast\", \"name\": \"c\", \"userData\": \"#cloud-config\"}");

        assertThat(made.statusCode()).as(made.body()).isEqualTo(201);
        assertThat(made.headers().firstValue("Location")).contains("/v1/volumes/fast/a");
        assertThat(cluster.storage().asked)
                .containsExactly(
                        "CreateVolume[volume=fast/a, sizeBytes=10485760, preallocate=false, replyTo=null]",
                        "ImportVolume[volume=fast/b, source=/i, format=QCOW2, replyTo=null]",
                        "SeedVolume[volume=fast/c, seed=CloudSeed[userData=#cloud-config, metaData=instance-id: c\n"
                                + "local-hostname: c\n, networkConfig=null], replyTo=null]");
    }

    @Test
    void shouldRefuseAVolumeOfNothingOrOfTwoThings() throws Exception {
        for (String fields : List.of(
                "",
                ", \"size\": \"1MiB\", \"import\": \"/i\"",
                ", \"size\": \"1KiB\"",
                ", \"size\": \"65TiB\"",
                ", \"import\": \"relative\"",
                ", \"size\": \"1MiB\", \"format\": \"raw\"",
                ", \"import\": \"/i\", \"format\": \"vmdk\"")) {
            HttpResponse<String> refused =
                    send("POST", "/v1/volumes", "{\"pool\": \"fast\", \"name\": \"a\"" + fields + "}");
            assertThat(refused.statusCode()).as(fields).isEqualTo(400);
        }
        assertThat(cluster.storage().asked).isEmpty();
    }

    @Test
    void shouldResizeAndDeleteAVolumeOnTheHostThatIsNamed() throws Exception {
        assertThat(send("POST", "/v1/volumes/fast/root.raw/resize", "{\"size\": \"2MiB\", \"shrink\": true}")
                        .statusCode())
                .isEqualTo(200);
        assertThat(send("DELETE", "/v1/volumes/fast/root.raw?host=alpha", null).statusCode())
                .isEqualTo(204);
        assertThat(cluster.storage().asked)
                .containsExactly(
                        "resize to 2097152, shrinking, fast/root.raw on any host", "delete fast/root.raw on alpha");
    }
}
