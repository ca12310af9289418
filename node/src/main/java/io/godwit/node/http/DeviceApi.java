package io.godwit.node.http;

import io.godwit.actors.vm.DeviceMessages;
import io.godwit.actors.vm.VmActor;
import io.godwit.config.ValueType;
import io.godwit.config.device.DeviceSlots;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicRequest;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/** Disks and network interfaces that come to a VM and leave it, whether it runs or not. */
final class DeviceApi {
    private static final String VM = "/v1/vms/{id}";
    private static final Set<String> FORCE = Set.of("force");

    private final ClusterAccess cluster;

    DeviceApi(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    List<Endpoint> endpoints() {
        return List.of(
                Endpoint.of("POST", VM + "/disks", this::attachDisk),
                new Endpoint("DELETE", VM + "/disks/{disk}", FORCE, call -> detach(call, DeviceSlots.DISK, "disk")),
                Endpoint.of("POST", VM + "/nics", this::attachNic),
                new Endpoint("DELETE", VM + "/nics/{nic}", FORCE, call -> detach(call, DeviceSlots.NIC, "nic")));
    }

    private CompletionStage<HttpResponse> attachDisk(Call call) {
        return call.json().thenCompose(body -> {
            DiskSpec disk = DiskSpec.parse(body);
            return send(call, replyTo -> new DeviceMessages.AttachDisk(disk, replyTo));
        });
    }

    private CompletionStage<HttpResponse> attachNic(Call call) {
        return call.json().thenCompose(body -> {
            NicRequest nic = NicRequest.parse(body);
            return send(call, replyTo -> new DeviceMessages.AttachNic(nic, replyTo));
        });
    }

    private CompletionStage<HttpResponse> detach(Call call, String kind, String variable) {
        String device = DeviceSlots.pluggableType().parse(variable, kind + "/" + call.variable(variable));
        boolean force = call.query("force", ValueType.bool()).orElse(false);
        return send(call, replyTo -> new DeviceMessages.Detach(device, force, replyTo));
    }

    private CompletionStage<HttpResponse> send(Call call, VmMessages.Message message) {
        return cluster.request(call.variable("id"), message)
                .thenApply(answer -> Responses.ok(Views.vm(((VmActor.Done) answer).vm())));
    }
}
