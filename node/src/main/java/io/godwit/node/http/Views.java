package io.godwit.node.http;

import io.godwit.actors.alarm.AlarmView;
import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.actors.host.HostView;
import io.godwit.actors.host.LeftoverView;
import io.godwit.actors.host.PermitView;
import io.godwit.actors.migration.EncodingView;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.recovery.FencingView;
import io.godwit.actors.vm.DeviceView;
import io.godwit.actors.vm.DirtyRateView;
import io.godwit.actors.vm.GuestActView;
import io.godwit.actors.vm.VmView;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParameterLayers;
import io.godwit.config.PlacementRule;
import io.godwit.config.ValueType;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicSpec;
import io.godwit.node.api.AlarmInfo;
import io.godwit.node.api.DirtyRateInfo;
import io.godwit.node.api.EventInfo;
import io.godwit.node.api.FencingInfo;
import io.godwit.node.api.HostInfo;
import io.godwit.node.api.LeftoverInfo;
import io.godwit.node.api.MigrationInfo;
import io.godwit.node.api.ParametersInfo;
import io.godwit.node.api.PermitInfo;
import io.godwit.node.api.PlanInfo;
import io.godwit.node.api.VmInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What actors answer, as what goes over HTTP. The two may change apart from each other. */
public final class Views {
    private Views() {}

    static VmInfo vm(VmView view) {
        VmSpec spec = view.spec();
        return new VmInfo(
                view.id(),
                spec.name(),
                view.host(),
                view.status().label(),
                spec.memoryBytes(),
                spec.vcpus(),
                spec.kernel(),
                spec.cmdline(),
                spec.initrd(),
                ValueType.nameOf(spec.dirtyLog()),
                List.copyOf(spec.hiddenCpuFeatures()),
                disks(spec),
                nics(spec),
                spec.devices().stream().map(ValueType::nameOf).toList(),
                spec.availability().stateless(),
                ValueType.nameOf(spec.availability().autoRestart()),
                spec.availability().priority(),
                spec.availability().ha(),
                spec.placement().rules().stream().map(Views::rule).toList(),
                spec.placement().preferHost(),
                List.copyOf(spec.placement().zones()),
                spec.placement().pinned(),
                view.epoch(),
                view.backend(),
                view.migrationId(),
                view.detail(),
                view.devices().stream().map(Views::device).toList(),
                view.generation().isEmpty() ? null : view.generation(),
                view.lastAct() == null ? null : view.lastAct().exitCode(),
                view.lastAct() == null ? null : act(view.lastAct()),
                view.guarded(),
                view.waitsFor().isEmpty() ? null : view.waitsFor());
    }

    private static VmInfo.RuleInfo rule(PlacementRule rule) {
        List<String> names = List.copyOf(rule.names());
        boolean ofHosts = rule.kind().ofHosts();
        return new VmInfo.RuleInfo(
                ValueType.nameOf(rule.kind()), rule.strict(), ofHosts ? null : names, ofHosts ? names : null);
    }

    private static VmInfo.DeviceInfo device(DeviceView device) {
        return new VmInfo.DeviceInfo(
                device.id(), device.kind(), device.state(), device.fault().isEmpty() ? null : device.fault());
    }

    private static VmInfo.GuestActInfo act(GuestActView act) {
        return new VmInfo.GuestActInfo(act.kind(), act.exitCode(), act.reason(), time(act.atEpochMs()));
    }

    private static List<VmInfo.DiskInfo> disks(VmSpec spec) {
        List<VmInfo.DiskInfo> disks = new ArrayList<>();
        for (String id : spec.diskIds()) {
            DiskSpec disk = spec.disks().get(disks.size());
            disks.add(new VmInfo.DiskInfo(
                    id,
                    spec.slotsById().getOrDefault(id, 0),
                    disk.volume().toString(),
                    disk.readOnly(),
                    ValueType.nameOf(disk.cache()),
                    disk.queues()));
        }
        return disks;
    }

    private static List<VmInfo.NicInfo> nics(VmSpec spec) {
        List<VmInfo.NicInfo> nics = new ArrayList<>();
        for (String id : spec.nicIds()) {
            NicSpec nic = spec.nics().get(nics.size());
            int slot = spec.slotsById().getOrDefault(id, 0);
            nics.add(new VmInfo.NicInfo(id, slot, nic.network(), nic.mac(), nic.queues()));
        }
        return nics;
    }

    static MigrationInfo migration(MigrationView view) {
        return new MigrationInfo(
                view.id(),
                view.vmId(),
                view.vmName(),
                view.from(),
                view.to(),
                view.status(),
                view.reason(),
                time(view.startedAtEpochMs()),
                view.setupMs(),
                view.totalMs(),
                view.downtimeMs(),
                view.expectedDowntimeMs(),
                view.rounds(),
                view.transferredBytes(),
                view.remainingBytes(),
                view.totalBytes(),
                view.normalPages(),
                view.duplicatePages(),
                view.dirtyPagesPerSecond(),
                view.bandwidthBytesPerSecond(),
                view.pagesPerSecond(),
                view.dirtySyncCount(),
                view.parameters(),
                view.verified(),
                view.released(),
                view.throttlePercent(),
                view.predictedTotalMs(),
                view.predictedDowntimeMs(),
                view.predictionErrorPercent(),
                view.encrypted(),
                compression(view.encoding()),
                differences(view.encoding()));
    }

    private static MigrationInfo.@Nullable CompressionInfo compression(EncodingView encoding) {
        return !encoding.triedToCompress()
                ? null
                : new MigrationInfo.CompressionInfo(
                        encoding.compressedPages(), encoding.compressedBytes(), encoding.rawBatches());
    }

    private static MigrationInfo.@Nullable DifferencesInfo differences(EncodingView encoding) {
        return !encoding.hasCache()
                ? null
                : new MigrationInfo.DifferencesInfo(
                        encoding.cacheBytes(),
                        encoding.changedPages(),
                        encoding.differenceBytes(),
                        encoding.cacheMisses(),
                        encoding.overflows());
    }

    static PlanInfo plan(PlanView view) {
        return new PlanInfo(
                view.vmId(),
                view.vmName(),
                view.from(),
                view.to(),
                view.refusals(),
                view.converges(),
                view.reason(),
                view.rounds(),
                view.totalMs(),
                view.downtimeMs(),
                view.transferredBytes(),
                view.throttlePercent(),
                view.dirtyBytesPerSecond(),
                view.workingSetBytes(),
                view.zeroBytes(),
                view.bandwidthBytesPerSecond(),
                view.bandwidthMeasured());
    }

    /** @param set of these, what was set where the question was asked */
    static ParametersInfo parameters(ParameterLayers layers, Map<String, String> set) {
        MigrationParameters effective = layers.effective();
        return new ParametersInfo(
                set,
                MigrationParameter.ALL.stream()
                        .map(parameter -> new ParametersInfo.ParameterInfo(
                                parameter.name(),
                                effective.text(parameter),
                                layers.originOf(parameter).label(),
                                parameter.changeable(),
                                parameter.type().accepted(),
                                parameter.description()))
                        .toList());
    }

    static DirtyRateInfo dirtyRate(DirtyRateView view) {
        return new DirtyRateInfo(
                view.vmId(),
                view.status(),
                view.startedAtEpochMs() == 0 ? "" : time(view.startedAtEpochMs()),
                view.calcTimeMs(),
                view.bytesPerSecond(),
                view.writtenBytesPerSecond(),
                view.workingSetBytes(),
                view.vcpuBytesPerSecond(),
                view.detail());
    }

    static HostInfo host(HostView view) {
        return new HostInfo(
                view.id(),
                view.incarnation(),
                view.state(),
                role(view),
                view.backend(),
                view.cpus(),
                view.cpuModel(),
                view.microcode(),
                view.kernel(),
                view.guestMemoryBytes(),
                view.usedMemoryBytes(),
                view.vms(),
                view.apiUrl(),
                view.version(),
                view.incarnation().isEmpty() ? null : permit(view.permit()),
                view.resources().zone(),
                view.resources().cpuVendor(),
                List.copyOf(view.resources().cpuFeatures()),
                view.resources().pools().stream()
                        .map(pool -> new HostInfo.PoolName(pool.name(), ValueType.nameOf(pool.kind())))
                        .toList(),
                view.resources().networks().stream()
                        .map(network -> new HostInfo.NetworkName(
                                network.name(), network.bridge().isEmpty() ? null : network.bridge()))
                        .toList());
    }

    /** What a host is there for; null where it does not answer. */
    public static @Nullable String role(HostView view) {
        return view.incarnation().isEmpty()
                ? null
                : ValueType.nameOf(view.resources().role());
    }

    public static AlarmInfo alarm(AlarmView view) {
        return new AlarmInfo(view.host(), view.kind(), time(view.atEpochMs()), view.valueMs(), view.meaning());
    }

    /** Fencing, for {@code GET /v1/cluster}. */
    public static FencingInfo fencing(FencingView view) {
        return new FencingInfo(
                view.pools().stream()
                        .map(pool -> new FencingInfo.PoolFencingInfo(
                                pool.name(),
                                pool.fencing(),
                                pool.levels().stream()
                                        .map(level -> new FencingInfo.LevelInfo(level.fencing(), level.hosts()))
                                        .toList(),
                                pool.conflict().isEmpty() ? null : pool.conflict()))
                        .toList(),
                view.hosts().stream()
                        .map(host -> new FencingInfo.WriterInfo(host.host(), host.fence(), host.pools(), host.vms()))
                        .toList(),
                view.withoutFence());
    }

    /** A host's run permit. */
    public static PermitInfo permit(PermitView view) {
        return view.hasQuorum() ? new PermitInfo("ok", time(view.validUntilEpochMs())) : new PermitInfo("lost", null);
    }

    static LeftoverInfo leftover(LeftoverView view) {
        return new LeftoverInfo(
                view.id(),
                view.vmId(),
                view.vmName(),
                view.host(),
                view.reason(),
                time(view.keptAtEpochMs()),
                view.memoryBytes(),
                view.backend());
    }

    static EventInfo event(ClusterEvent event) {
        return new EventInfo(
                time(event.atEpochMs()),
                event.kind(),
                event.host(),
                event.vmId(),
                event.migrationId(),
                event.details());
    }

    static String time(long epochMs) {
        return Instant.ofEpochMilli(epochMs).toString();
    }
}
