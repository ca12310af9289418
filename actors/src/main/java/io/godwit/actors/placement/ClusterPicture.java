package io.godwit.actors.placement;

import io.godwit.actors.cluster.Scene;
import io.godwit.actors.host.HostResources.HostNetwork;
import io.godwit.actors.host.HostResources.HostPool;
import io.godwit.actors.host.HostView;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.PlacementRule;
import io.godwit.config.Units;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.inventory.DefinedRules;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.LocalVolume;
import io.godwit.control.inventory.RuleCheck;
import io.godwit.control.inventory.Vm;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Admission;
import io.godwit.control.placement.InventoryChooser;
import io.godwit.control.placement.Site;
import io.godwit.vmm.storage.Pool;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What hosts say of themselves and what the ledger says of VMs, as an inventory: VMs by their names, which are unique
 * too. A VM that does not run takes no memory there; rules see it all the same.
 *
 * <p>A host whose answer is missing is there and unreachable, and so is one that only the ledger or a rule names.
 */
public final class ClusterPicture {
    /** The words of membership and of maintenance for hosts that take VMs. */
    private static final Set<String> TAKING = Set.of("up", "weaklyup", "restoring");

    private final Set<String> members;
    private final Scene scene;
    private final List<VmRecord> vms;
    private final List<VmSpec> newcomers;
    private final Map<String, Load> loads;

    private ClusterPicture(
            Set<String> members, Scene scene, List<VmRecord> vms, List<VmSpec> newcomers, Map<String, Load> loads) {
        this.members = members;
        this.scene = scene;
        this.vms = vms;
        this.newcomers = newcomers;
        this.loads = loads;
    }

    /** @param members names of the cluster's hosts, of which the scene has those that answer */
    public static ClusterPicture of(Set<String> members, Scene scene, List<VmRecord> vms) {
        return new ClusterPicture(new TreeSet<>(members), scene, List.copyOf(vms), List.of(), Map.of());
    }

    /** The same with a VM that is to be defined. */
    public ClusterPicture with(VmSpec newcomer) {
        return new ClusterPicture(members, scene, vms, List.of(newcomer), loads);
    }

    /** The same with what VMs were measured to use, by name. */
    public ClusterPicture with(Map<String, Load> measured) {
        return new ClusterPicture(members, scene, vms, newcomers, Map.copyOf(measured));
    }

    /** Names of the cluster's hosts, whether they answer or not. */
    public Set<String> members() {
        return members;
    }

    /** The id of the VM of that name, if there is one. */
    public Optional<String> idOf(String name) {
        return vms.stream()
                .filter(vm -> vm.spec().name().equals(name))
                .map(VmRecord::id)
                .findFirst();
    }

    /** The most that any host has for guests. */
    public long mostMemoryBytes() {
        return scene.hosts().values().stream()
                .mapToLong(host -> host.view().guestMemoryBytes())
                .max()
                .orElse(0);
    }

    public Inventory inventory() {
        List<VmSpec> specs = Stream.concat(vms.stream().map(VmRecord::spec), newcomers.stream())
                .toList();
        Set<String> named = new TreeSet<>(members);
        vms.forEach(vm -> named.add(vm.owner().hostId()));
        specs.stream()
                .flatMap(spec -> spec.placement().rules().stream())
                .filter(rule -> rule.kind().ofHosts())
                .map(PlacementRule::names)
                .forEach(named::addAll);
        List<Vm> all = new ArrayList<>();
        vms.forEach(vm -> all.add(vm(vm)));
        newcomers.forEach(spec -> all.add(newcomer(spec)));
        return Inventory.of(named.stream().map(this::host).toList(), all, DefinedRules.of(specs));
    }

    /**
     * Whether the cluster can lose a host: its VMs that run, but for those that are not to be started elsewhere, are
     * placed on the others.
     */
    public Admission losses() {
        Set<String> placed = vms.stream()
                .filter(vm -> isRunning(vm) && vm.spec().availability().ha())
                .map(vm -> vm.spec().name())
                .collect(Collectors.toSet());
        Inventory inventory = inventory();
        return Admission.of(inventory.withRules(RuleCheck.of(inventory).kept()), vm -> placed.contains(vm.name()));
    }

    public InventoryChooser chooser() {
        return chooser(host -> "");
    }

    /** @param objection why a host takes no VM now, by its name, beside what its state says; empty where it may */
    public InventoryChooser chooser(Function<HostIdentity, String> objection) {
        Map<String, Long> promisedBytes = new HashMap<>();
        vms.stream()
                .filter(vm -> !isRunning(vm))
                .forEach(
                        vm -> promisedBytes.merge(vm.owner().hostId(), vm.spec().memoryBytes(), Long::sum));
        Map<String, Site> sites = new TreeMap<>();
        scene.hosts().forEach((name, host) -> {
            HostIdentity identity = new HostIdentity(name, host.view().incarnation());
            sites.put(name, new Site(identity, objection.apply(identity), promisedBytes.getOrDefault(name, 0L)));
        });
        return new InventoryChooser(inventory(), sites);
    }

    private static boolean isRunning(VmRecord vm) {
        return vm.desired() != DesiredState.STOPPED;
    }

    private Host host(String name) {
        Optional<Scene.Host> seen = members.contains(name) ? scene.host(name) : Optional.empty();
        return seen.map(this::host).orElseGet(() -> Host.of(name, 0, 1).in(HostState.UNREACHABLE));
    }

    private Host host(Scene.Host seen) {
        HostView view = seen.view();
        long runningBytes = vms.stream()
                .filter(vm -> isRunning(vm) && vm.owner().hostId().equals(view.id()))
                .mapToLong(vm -> vm.spec().memoryBytes())
                .sum();
        // What arrives or is kept of failed migrations is taken, and belongs to no VM that the ledger has there.
        long othersBytes = Math.max(0, view.usedMemoryBytes() - runningBytes);
        return new Host(
                view.id(),
                state(view),
                view.resources().zone(),
                Math.max(0, view.guestMemoryBytes() - othersBytes),
                Math.max(1, view.cpus()),
                1,
                pools(seen),
                view.resources().networks().stream().map(HostNetwork::name).collect(Collectors.toSet()),
                view.resources().cpuFeatures(),
                view.kernel(),
                Host.DEFAULT_MIGRATION_BYTES_PER_SECOND,
                runningBytes <= view.guestMemoryBytes()
                        ? ""
                        : "its VMs have " + Units.formatApproximateSize(runningBytes) + ", it has "
                                + Units.formatApproximateSize(view.guestMemoryBytes()) + " for guests");
    }

    /** One that is reached and is a witness is that first: no end of maintenance has it take VMs. */
    private static HostState state(HostView view) {
        HostState state = state(view.state());
        return state != HostState.UNREACHABLE && view.resources().isWitness() ? HostState.WITNESS : state;
    }

    private static HostState state(String word) {
        if (TAKING.contains(word)) {
            return HostState.UP;
        }
        return switch (word) {
            case "draining" -> HostState.DRAINING;
            case "maintenance" -> HostState.MAINTENANCE;
            default -> HostState.UNREACHABLE;
        };
    }

    /** Those that can be used now; a local one also by a name that no other host has. */
    private static Set<String> pools(Scene.Host seen) {
        Set<String> broken = seen.pools().stream()
                .filter(pool -> !pool.problem().isEmpty())
                .map(Pool::name)
                .collect(Collectors.toSet());
        Set<String> pools = new HashSet<>();
        for (HostPool pool : seen.view().resources().pools()) {
            if (!broken.contains(pool.name())) {
                pools.add(pool.name());
                if (pool.kind() == PoolKind.LOCAL) {
                    pools.add(ofHost(pool.name(), seen.view().id()));
                }
            }
        }
        return pools;
    }

    private static String ofHost(String pool, String host) {
        return pool + " of host " + host;
    }

    private Vm vm(VmRecord record) {
        VmSpec spec = record.spec();
        String owner = record.owner().hostId();
        boolean running = isRunning(record);
        Optional<HostView> home = scene.host(owner).map(Scene.Host::view).filter(view -> running);
        return new Vm(
                spec.name(),
                owner,
                running ? spec.memoryBytes() : 0,
                Math.min(spec.vcpus(), mostCpus()),
                loads.getOrDefault(spec.name(), Load.NONE.outdated()),
                poolNames(spec)
                        .map(pool -> isLocal(pool, owner) ? ofHost(pool, owner) : pool)
                        .collect(Collectors.toSet()),
                networks(spec),
                home.isPresent() ? cpuFeatures(record) : Set.of(),
                home.map(HostView::kernel).orElse(""),
                spec.placement().zones(),
                pinned(record));
    }

    /** A guest keeps the CPU that it was given where it was started, however much more the host it is on now has. */
    private Set<String> cpuFeatures(VmRecord record) {
        Optional<Scene.Host> home = scene.host(record.owner().hostId());
        Set<String> usual = new TreeSet<>(
                home.map(host -> host.view().resources().cpuFeatures()).orElseGet(TreeSet::new));
        usual.removeAll(record.spec().hiddenCpuFeatures());
        return home.map(host -> host.cpus().getOrDefault(record.id(), usual)).orElse(usual);
    }

    /** A VM that was put where CPUs are fewer than its vCPUs may go where there are no fewer, but to no smaller host. */
    private int mostCpus() {
        return scene.hosts().values().stream()
                .mapToInt(host -> host.view().cpus())
                .filter(cpus -> cpus > 0)
                .max()
                .orElse(Integer.MAX_VALUE);
    }

    private static String pinned(VmRecord vm) {
        if (vm.desired() == DesiredState.STOPPED) {
            return "it does not run";
        }
        return vm.spec().placement().pinned() ? "its definition pins it" : "";
    }

    private Vm newcomer(VmSpec spec) {
        return new Vm(
                spec.name(),
                null,
                spec.memoryBytes(),
                spec.vcpus(),
                Load.NONE,
                poolNames(spec).collect(Collectors.toSet()),
                networks(spec),
                Set.of(),
                "",
                spec.placement().zones(),
                localVolumes(spec),
                "");
    }

    /** Of a new VM's disks in local pools: a volume that no host has is its host's to tell, which looks for images. */
    private Set<LocalVolume> localVolumes(VmSpec spec) {
        Set<LocalVolume> volumes = new HashSet<>();
        for (DiskSpec disk : spec.disks()) {
            VolumeRef volume = disk.volume();
            Set<String> hosts = scene.hosts().entrySet().stream()
                    .filter(host -> host.getValue().volumes().contains(volume))
                    .map(Map.Entry::getKey)
                    .collect(Collectors.toSet());
            if (!hosts.isEmpty() && hosts.stream().allMatch(host -> isLocal(volume.pool(), host))) {
                volumes.add(new LocalVolume(volume.pool(), volume.volume(), hosts));
            }
        }
        return volumes;
    }

    private static Stream<String> poolNames(VmSpec spec) {
        return spec.disks().stream().map(disk -> disk.volume().pool());
    }

    private static Set<String> networks(VmSpec spec) {
        return spec.nics().stream().map(NicSpec::network).collect(Collectors.toSet());
    }

    /** As its owner has it; where that is silent, as any other host does. */
    private boolean isLocal(String pool, String owner) {
        Stream<HostView> asked = scene.host(owner)
                .map(host -> Stream.of(host.view()))
                .orElseGet(() -> scene.hosts().values().stream().map(Scene.Host::view));
        return asked.flatMap(view -> view.resources().pools().stream())
                .anyMatch(known -> known.name().equals(pool) && known.kind() == PoolKind.LOCAL);
    }
}
