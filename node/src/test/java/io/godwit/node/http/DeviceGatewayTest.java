package io.godwit.node.http;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.vm.DeviceMessages;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.VmActor;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Devices that come and go, over HTTP. */
class DeviceGatewayTest extends GatewayHarness {
    private static final String REFUSED = "detach disk/1: the guest has not ejected slot 3";

    /** The one message of a request that the VM refuses, since what it answers is no matter here. */
    private VmActor.Request sent(String method, String path, String body) throws Exception {
        cluster.answers.add(new VmActor.Rejected(Problem.of(Problem.Kind.CONFLICT, REFUSED)));
        assertProblem(send(method, path, body), 409, REFUSED);
        return cluster.requests.get(cluster.requests.size() - 1);
    }

    @Test
    void shouldAskTheVmForADisk() throws Exception {
        VmActor.Request asked =
                sent("POST", "/v1/vms/db/disks", "{\"volume\": \"fast/a\", \"readOnly\": true, \"queues\": 2}");

        assertThat(((DeviceMessages.AttachDisk) asked).disk())
                .hasToString("DiskSpec[volume=fast/a, readOnly=true, cache=WRITEBACK, queues=2]");
    }

    @Test
    void shouldAskTheVmForAnInterface() throws Exception {
        assertThat(((DeviceMessages.AttachNic) sent("POST", "/v1/vms/db/nics", "{\"network\": \"lan\"}")).nic())
                .hasToString("NicRequest[network=lan, mac=null, queues=1]");
    }

    @Test
    void shouldAskTheVmToLetGo() throws Exception {
        assertThat(sent("DELETE", "/v1/vms/db/disks/1", null))
                .satisfies(asked -> assertThat(asked.toString()).startsWith("Detach[device=disk/1, force=false,"));
        assertThat(sent("DELETE", "/v1/vms/db/nics/0?force=true", null))
                .satisfies(asked -> assertThat(asked.toString()).startsWith("Detach[device=nic/0, force=true,"));
    }

    @Test
    void shouldAcceptTheSameAsMessages() throws Exception {
        for (Map.Entry<String, String> message : Map.of(
                        "{\"type\": \"attach-disk\", \"volume\": \"fast/a\"}", "AttachDisk[disk=DiskSpec[volume=fast/a",
                        "{\"type\": \"attach-nic\", \"network\": \"lan\"}", "AttachNic[nic=NicRequest[network=lan",
                        "{\"type\": \"detach\", \"device\": \"nic/3\"}", "Detach[device=nic/3, force=false")
                .entrySet()) {
            assertThat(sent("POST", "/v1/vms/db/messages", message.getKey()).toString())
                    .startsWith(message.getValue());
        }
    }

    @Test
    void shouldRefuseWhatIsNoDevice() throws Exception {
        for (String path : List.of("disks/x", "disks/-1", "disks/01", "nics/100", "disks/1?force=perhaps")) {
            assertThat(send("DELETE", "/v1/vms/db/" + path, null).statusCode())
                    .as(path)
                    .isEqualTo(400);
        }
        assertProblem(send("POST", "/v1/vms/db/disks", "{}"), 400, "volume");
        assertProblem(send("POST", "/v1/vms/db/disks", "{\"volume\": \"a/b\", \"network\": \"lan\"}"), 400, "network");
        assertProblem(send("POST", "/v1/vms/db/nics", "{\"network\": \"lan\", \"mac\": \"01:0:\"}"), 400, "mac");
        assertProblem(
                send("POST", "/v1/vms/db/messages", "{\"type\": \"detach\", \"device\": \"rng/0\"}"), 400, "disk/N");
        assertThat(cluster.requests).isEmpty();
    }
}
