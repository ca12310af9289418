package io.godwit.node.http;

import io.godwit.actors.alarm.AlarmView;
import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.actors.cluster.VmDoor;
import io.godwit.actors.host.HostResources;
import io.godwit.actors.host.HostView;
import io.godwit.actors.host.LeftoverView;
import io.godwit.actors.host.PermitView;
import io.godwit.actors.migration.EncodingView;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.vm.DirtyRateView;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.Destination;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.ParameterLayers;
import io.godwit.config.ParametersChange;
import io.godwit.config.VmRequest;
import io.godwit.config.VmSpec;
import io.godwit.node.api.AlarmInfo;
import io.godwit.node.api.ClusterInfo;
import io.godwit.node.api.FencingInfo;
import io.godwit.node.api.PermitInfo;
import java.util.List;
import java.util.Queue;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.testkit.typed.javadsl.TestProbe;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.stream.javadsl.Source;

/** A cluster of one VM {@code db} whose actor answers what the test queued, and keeps what it was sent. */
public final class FakeCluster implements ClusterAccess {
    public static final String VM_ID = "abcdefghijklmnopqrstuvwxyz";

    public final List<VmActor.Request> requests = new CopyOnWriteArrayList<>();
    public final List<VmRequest> created = new CopyOnWriteArrayList<>();
    public final Queue<VmActor.Answer> answers = new ConcurrentLinkedQueue<>();
    public final List<ClusterEvent> events = new CopyOnWriteArrayList<>();
    public final List<Destination> destinations = new CopyOnWriteArrayList<>();
    public volatile MigrationParameters asked = MigrationParameters.NONE;
    public volatile MigrationParameters host = MigrationParameters.NONE;
    public volatile MigrationParameters ofCluster = MigrationParameters.NONE;
    public volatile MigrationParameters ofVm = MigrationParameters.NONE;

    /** How often a VM was looked for, to be asked more than once. */
    public final AtomicInteger found = new AtomicInteger();

    private final FakeStorage storage = new FakeStorage();
    private final FakeMaintenance maintenance = new FakeMaintenance();
    private final FakeRecoveries recoveries = new FakeRecoveries();
    private final FakeRebalancing rebalancing = new FakeRebalancing();
    private final FakeLedger ledger = new FakeLedger();
    private final ActorTestKit kit;

    public FakeCluster(ActorTestKit kit) {
        this.kit = kit;
    }

    public static VmView view(VmStatus status) {
        VmSpec spec = new VmSpec(
                "db", 512L << 20, 2, "/vmlinux", "quiet", null, DirtyLogKind.BITMAP, new TreeSet<>(List.of("avx2")));
        return new VmView(VM_ID, spec, "alpha", 3, status, "kvm", null, "");
    }

    public static MigrationView migrationView(String status) {
        return new MigrationView(
                "m-1",
                VM_ID,
                "db",
                "alpha",
                "beta",
                status,
                "",
                0,
                5,
                100,
                12,
                11,
                3,
                4096,
                8192,
                512L << 20,
                1,
                2,
                3,
                4,
                5,
                6,
                new TreeMap<>(java.util.Map.of("downtime-limit", "50ms")),
                null,
                false,
                "source",
                40,
                120,
                10,
                20,
                true,
                new EncodingView(10, 4096, 1, 1 << 20, 8, 2048, 2, 0, 0.2, 16));
    }

    @Override
    public CompletionStage<ClusterInfo> cluster() {
        return CompletableFuture.completedStage(new ClusterInfo(
                "godwit",
                "alpha",
                "1",
                "alpha",
                List.of(new ClusterInfo.Member("alpha", "127.0.0.1:7401", "up", "member")),
                new ClusterInfo.LedgerInfo(
                        true,
                        "",
                        "held",
                        List.of("gamma"),
                        null,
                        List.of(new ClusterInfo.VoterInfo("alpha", "127.0.0.1:7402")),
                        1,
                        "no automatic failover"),
                new PermitInfo("ok", "2026-01-01T00:00:05Z"),
                new ClusterInfo.CpuBaselineInfo(
                        List.of("sse4_2"),
                        List.of(new ClusterInfo.HostCpu("alpha", List.of("avx2"))),
                        List.of("AuthenticAMD"),
                        List.of("beta")),
                new FencingInfo(
                        List.of(new FencingInfo.PoolFencingInfo(
                                "san",
                                "none",
                                List.of(
                                        new FencingInfo.LevelInfo("none", List.of("beta")),
                                        new FencingInfo.LevelInfo("command", List.of("alpha"))),
                                "pool san is none on beta, but command on alpha")),
                        List.of(new FencingInfo.WriterInfo("alpha", "configured", List.of("san"), List.of("db"))),
                        List.of("beta")),
                List.of(new AlarmInfo("alpha", "jvm-pause", "2026-01-01T00:00:05Z", 2_345, "the JVM stood still")),
                List.of(new ClusterInfo.HostLoss(
                        "alpha", false, List.of(new ClusterInfo.Homeless("db", List.of("there is no other host")))))));
    }

    @Override
    public CompletionStage<MigrationView> migrateCold(String vm, String target, boolean autoStart) {
        recoveries.asked.add("cold " + vm + " " + target + " " + autoStart);
        return CompletableFuture.completedStage(migrationView("setup"));
    }

    @Override
    public FakeLedger ledger() {
        return ledger;
    }

    @Override
    public FakeMaintenance maintenance() {
        return maintenance;
    }

    @Override
    public CompletionStage<List<AlarmView>> alarms() {
        return CompletableFuture.completedStage(
                List.of(new AlarmView("alpha", "clock-step", 1_767_225_605_000L, -5_000, "the wall clock was set")));
    }

    @Override
    public CompletionStage<List<HostView>> hosts() {
        return CompletableFuture.completedStage(List.of(new HostView(
                "alpha",
                "i",
                "up",
                "kvm",
                2,
                "cpu",
                "0x1",
                "6.1",
                8L << 30,
                1L << 30,
                1,
                "http://127.0.0.1:7400",
                "1",
                new PermitView(1_767_225_605_000L),
                new HostResources(
                        HostRole.MEMBER,
                        "rack-7",
                        "AuthenticAMD",
                        new TreeSet<>(List.of("avx2")),
                        List.of(new HostResources.HostPool("fast", PoolKind.SHARED)),
                        List.of(new HostResources.HostNetwork("lan", ""))))));
    }

    @Override
    public CompletionStage<List<VmView>> vms() {
        return CompletableFuture.completedStage(List.of(view(VmStatus.RUNNING)));
    }

    @Override
    public CompletionStage<VmView> vm(String vm) {
        return known(vm).thenApply(found -> view(VmStatus.RUNNING));
    }

    private static CompletionStage<String> known(String vm) {
        return vm.equals("db") || vm.equals(VM_ID)
                ? CompletableFuture.completedStage(vm)
                : CompletableFuture.failedStage(new ProblemException(Problem.of(
                        Problem.Kind.NOT_FOUND, "vm", vm, "the id or name of a VM", "there is no VM \"" + vm + "\"")));
    }

    @Override
    public CompletionStage<VmView> create(VmRequest request) {
        if (request.spec().name().equals("db")) {
            return CompletableFuture.failedStage(
                    new ProblemException(Problem.of(Problem.Kind.CONFLICT, "name: \"db\" is taken")));
        }
        created.add(request);
        return CompletableFuture.completedStage(
                new VmView(VM_ID, request.spec(), "alpha", 1, VmStatus.STOPPED, "", null, ""));
    }

    @Override
    public FakeRebalancing rebalancing() {
        return rebalancing;
    }

    @Override
    public FakeRecoveries recoveries() {
        return recoveries;
    }

    @Override
    public FakeStorage storage() {
        return storage;
    }

    @Override
    public CompletionStage<VmDoor> door(String vm) {
        found.incrementAndGet();
        return ClusterAccess.super.door(vm);
    }

    @Override
    public CompletionStage<VmActor.Answer> request(
            String vm, Function<ActorRef<VmActor.Answer>, VmActor.Request> message) {
        return known(vm).thenCompose(found -> {
            TestProbe<VmActor.Answer> replyTo = kit.createTestProbe();
            requests.add(message.apply(replyTo.getRef()));
            replyTo.stop();
            VmActor.Answer answer = answers.poll();
            if (answer == null) {
                return CompletableFuture.failedStage(new IllegalStateException("the test queued no answer"));
            }
            return answer instanceof VmActor.Rejected rejected
                    ? CompletableFuture.failedStage(new ProblemException(rejected.problem()))
                    : CompletableFuture.completedStage(answer);
        });
    }

    @Override
    public CompletionStage<MigrationView> migrate(String vm, Destination destination, MigrationParameters parameters) {
        asked = parameters;
        destinations.add(destination);
        return known(vm).thenApply(found -> migrationView("setup"));
    }

    @Override
    public CompletionStage<PlanView> plan(String vm, Destination destination, MigrationParameters parameters) {
        asked = parameters;
        destinations.add(destination);
        return known(vm)
                .thenApply(found -> new PlanView(
                        VM_ID,
                        "db",
                        "alpha",
                        destination.target().orElse("gamma"),
                        List.of("memory: too little"),
                        true,
                        "",
                        4,
                        1_200,
                        80,
                        1L << 30,
                        0,
                        50_000_000,
                        64L << 20,
                        4096,
                        900_000_000,
                        true));
    }

    @Override
    public CompletionStage<List<MigrationView>> migrations() {
        return CompletableFuture.completedStage(List.of(migrationView("active")));
    }

    @Override
    public CompletionStage<MigrationView> migration(String id) {
        return id.equals("m-1")
                ? CompletableFuture.completedStage(migrationView("active"))
                : CompletableFuture.failedStage(new ProblemException(
                        Problem.of(Problem.Kind.NOT_FOUND, "there is no migration \"" + id + "\"")));
    }

    @Override
    public CompletionStage<MigrationView> cancelMigration(String id) {
        return migration(id).thenApply(found -> migrationView("cancelling"));
    }

    @Override
    public CompletionStage<List<LeftoverView>> leftovers() {
        return CompletableFuture.completedStage(List.of(
                new LeftoverView("m-7", "vm-1", "db", "b", "the target is lost", 1_700_000_000_000L, 1 << 30, "kvm")));
    }

    @Override
    public CompletionStage<VmActor.Answer> discardLeftover(String migrationId) {
        return CompletableFuture.completedStage(new VmActor.Deleted(migrationId));
    }

    @Override
    public CompletionStage<MigrationView> forceCompleteMigration(String id) {
        return migration(id).thenApply(found -> migrationView("device"));
    }

    @Override
    public CompletionStage<MigrationView> continueMigration(String id) {
        return migration(id).thenApply(found -> migrationView("device"));
    }

    @Override
    public CompletionStage<DirtyRateView> measureDirtyRate(String vm, long durationMs) {
        return known(vm)
                .thenApply(found -> new DirtyRateView(VM_ID, "measuring", 1_000, durationMs, 0, 0, 0, List.of(), ""));
    }

    @Override
    public CompletionStage<DirtyRateView> dirtyRate(String vm) {
        return known(vm)
                .thenApply(found -> new DirtyRateView(
                        VM_ID, "measured", 1_000, 2_000, 50L << 20, 60L << 20, 64L << 20, List.of(50L << 20), ""));
    }

    @Override
    public CompletionStage<MigrationView> changeMigration(String id, MigrationParameters parameters) {
        asked = parameters;
        return migration(id);
    }

    @Override
    public CompletionStage<ParameterLayers> clusterParameters() {
        return CompletableFuture.completedStage(new ParameterLayers(host, ofCluster, MigrationParameters.NONE));
    }

    @Override
    public CompletionStage<ParameterLayers> changeClusterParameters(ParametersChange change) {
        ofCluster = change.applyTo(ofCluster);
        return clusterParameters();
    }

    @Override
    public CompletionStage<ParameterLayers> vmParameters(String vm) {
        return known(vm).thenApply(found -> new ParameterLayers(host, ofCluster, ofVm));
    }

    @Override
    public CompletionStage<ParameterLayers> changeVmParameters(String vm, ParametersChange change) {
        return known(vm).thenCompose(found -> {
            ofVm = change.applyTo(ofVm);
            return vmParameters(vm);
        });
    }

    @Override
    public Source<ClusterEvent, NotUsed> events() {
        return Source.from(events).concat(Source.<ClusterEvent>maybe());
    }

    public static ClusterEvent event(String kind) {
        return new ClusterEvent(0, kind, "alpha", VM_ID, null, new TreeMap<>(java.util.Map.of("name", "a\nb")));
    }
}
