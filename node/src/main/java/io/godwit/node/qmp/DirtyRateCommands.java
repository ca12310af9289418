package io.godwit.node.qmp;

import io.godwit.actors.vm.DirtyRateView;
import io.godwit.node.http.ClusterAccess;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;
import java.util.stream.IntStream;

/** What the VM dirties: in MiB per second, as QEMU tells it. */
final class DirtyRateCommands {
    private static final int MIN_SECONDS = 1;
    private static final int MAX_SECONDS = 60;
    private static final long MS_PER_SECOND = 1_000;
    private static final int MEBIBYTE_SHIFT = 20;
    private static final List<String> MODES = List.of("page-sampling", "dirty-ring", "dirty-bitmap");

    private final ClusterAccess cluster;

    DirtyRateCommands(ClusterAccess cluster) {
        this.cluster = cluster;
    }

    Map<String, QmpCommands.Handler> handlers() {
        return Map.of("calc-dirty-rate", this::measure, "query-dirty-rate", this::query);
    }

    /** QEMU's modes are accepted and make no difference: it is the VM's own dirty log that is read. */
    private CompletionStage<Object> measure(String vm, QmpArguments arguments) {
        long seconds = arguments.requiredNumber("calc-time");
        arguments.number("sample-pages");
        arguments.text("mode").filter(mode -> !MODES.contains(mode)).ifPresent(mode -> {
            throw QmpException.generic("Parameter 'mode' does not accept value '" + mode + "'; expected one of "
                    + String.join(", ", MODES));
        });
        arguments.end();
        if (seconds < MIN_SECONDS || seconds > MAX_SECONDS) {
            throw QmpException.generic("calc-time: " + seconds + " is not accepted; expected " + MIN_SECONDS + " to "
                    + MAX_SECONDS + " seconds");
        }
        return cluster.measureDirtyRate(vm, seconds * MS_PER_SECOND).thenApply(begun -> QmpCommands.nothing());
    }

    private CompletionStage<Object> query(String vm, QmpArguments arguments) {
        arguments.end();
        return cluster.dirtyRate(vm).thenApply(DirtyRateCommands::toJson);
    }

    private static Map<String, Object> toJson(DirtyRateView rate) {
        Map<String, Object> json = new LinkedHashMap<>();
        boolean byVcpu = !rate.vcpuBytesPerSecond().isEmpty();
        json.put("status", rate.status());
        json.put("start-time", rate.startedAtEpochMs() / MS_PER_SECOND);
        json.put("calc-time", rate.calcTimeMs() / MS_PER_SECOND);
        json.put("sample-pages", 0);
        json.put("mode", byVcpu ? "dirty-ring" : "dirty-bitmap");
        if (rate.status().equals("measured")) {
            json.put("dirty-rate", rate.bytesPerSecond() >> MEBIBYTE_SHIFT);
        }
        if (byVcpu) {
            List<Long> rates = rate.vcpuBytesPerSecond();
            json.put(
                    "vcpu-dirty-rate",
                    IntStream.range(0, rates.size())
                            .mapToObj(vcpu -> Map.of("id", vcpu, "dirty-rate", rates.get(vcpu) >> MEBIBYTE_SHIFT))
                            .toList());
        }
        return json;
    }
}
