package io.godwit.node.qmp;

import io.godwit.actors.vm.DeviceView;
import io.godwit.actors.vm.VmView;
import io.godwit.node.http.ClusterAccess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** What QEMU tells of virtio devices: which there are, and whether a driver has broken one. */
final class VirtioCommands {
    private static final String PATH = "/machine/";

    /** QEMU's names by the kinds of devices here; the serial port is no virtio device. */
    private static final Map<String, String> NAMES = Map.of(
            "disk", "virtio-blk",
            "nic", "virtio-net",
            "rng", "virtio-rng",
            "console", "virtio-serial",
            "balloon", "virtio-balloon");

    private final ClusterAccess cluster;

    VirtioCommands(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    Map<String, QmpCommands.Handler> handlers() {
        return Map.of("x-query-virtio", this::list, "x-query-virtio-status", this::status);
    }

    private CompletionStage<Object> list(String vm, QmpArguments arguments) {
        arguments.end();
        return cluster.vm(vm)
                .thenApply(view -> devices(view).stream()
                        .map(device -> Map.of("name", name(device), "path", PATH + device.id()))
                        .toList());
    }

    private CompletionStage<Object> status(String vm, QmpArguments arguments) {
        String path = arguments.requiredText("path");
        arguments.end();
        return cluster.vm(vm)
                .thenApply(view -> devices(view).stream()
                        .filter(device -> path.equals(PATH + device.id()))
                        .findFirst()
                        .map(VirtioCommands::status)
                        .orElseThrow(() -> QmpException.generic("Path " + path + " is not a VirtIODevice")));
    }

    private static Object status(DeviceView device) {
        Map<String, Object> status = new LinkedHashMap<>();
        status.put("name", name(device));
        status.put("started", device.state().equals("active"));
        status.put("broken", device.state().equals("failed"));
        if (!device.fault().isEmpty()) {
            status.put("x-godwit-fault", device.fault());
        }
        return status;
    }

    private static List<DeviceView> devices(VmView view) {
        return view.devices().stream()
                .filter(device -> NAMES.containsKey(device.kind()))
                .toList();
    }

    private static String name(DeviceView device) {
        return NAMES.getOrDefault(device.kind(), device.kind());
    }
}
