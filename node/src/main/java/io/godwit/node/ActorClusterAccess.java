package io.godwit.node;

import io.godwit.actors.alarm.AlarmView;
import io.godwit.actors.cluster.ClusterClient;
import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.cluster.NodeGuardian;
import io.godwit.actors.cluster.VmDoor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.host.LeftoverView;
import io.godwit.actors.host.PermitView;
import io.godwit.actors.ledger.LedgerStatus;
import io.godwit.actors.ledger.RatisLedger;
import io.godwit.actors.maintenance.Maintenance;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.placement.CpuBaselines;
import io.godwit.actors.rebalance.Rebalancing;
import io.godwit.actors.recovery.FencingView;
import io.godwit.actors.recovery.Recoveries;
import io.godwit.actors.recovery.RecoveryView;
import io.godwit.actors.storage.Storage;
import io.godwit.actors.vm.DirtyRateView;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.actors.voters.LedgerClient;
import io.godwit.actors.voters.LedgerOperations;
import io.godwit.actors.voters.VoterServices;
import io.godwit.config.CpuChoice;
import io.godwit.config.Destination;
import io.godwit.config.MigrationParameters;
import io.godwit.config.NodeConfig;
import io.godwit.config.ParameterLayers;
import io.godwit.config.ParametersChange;
import io.godwit.config.VmRequest;
import io.godwit.config.VmSpec;
import io.godwit.control.inventory.CpuBaseline;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Admission;
import io.godwit.node.api.ClusterInfo;
import io.godwit.node.api.ClusterInfo.CpuBaselineInfo;
import io.godwit.node.api.ClusterInfo.Homeless;
import io.godwit.node.api.ClusterInfo.HostCpu;
import io.godwit.node.api.ClusterInfo.HostLoss;
import io.godwit.node.api.ClusterInfo.LedgerInfo;
import io.godwit.node.api.ClusterInfo.Member;
import io.godwit.node.api.ClusterInfo.VoterInfo;
import io.godwit.node.http.ClusterAccess;
import io.godwit.node.http.EventFeed;
import io.godwit.node.http.Views;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Supplier;
import java.util.stream.StreamSupport;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.typed.Cluster;
import org.apache.pekko.stream.javadsl.Source;
import org.jspecify.annotations.Nullable;

/** The gateway's questions, answered by this node's actors. */
final class ActorClusterAccess implements ClusterAccess {
    private static final int VOTERS_THAT_SURVIVE_ONE = 3;

    private final NodeConfig config;
    private final ActorSystem<?> system;
    private final ClusterClient client;
    private final Storage storage;
    private final Supplier<PermitView> permit;
    private final Recoveries recoveries;
    private final Maintenance maintenance;
    private final Rebalancing rebalancing;
    private final RatisLedger ledger;
    private final LedgerOperations operations;
    private final EventFeed events;

    ActorClusterAccess(
            NodeConfig config,
            ActorSystem<?> system,
            NodeGuardian.Started started,
            VoterServices voters,
            EventFeed events) {
        this.config = config;
        this.system = system;
        this.client = started.client();
        this.storage = started.storage();
        this.permit = started.permit();
        this.recoveries = started.recoveries();
        this.rebalancing = started.rebalancing();
        this.maintenance = started.maintenance();
        this.ledger = voters.ledger();
        this.operations = new LedgerClient(system, voters);
        this.events = events;
    }

    /** Answers without the ledger too: that it cannot be reached is what an operator asks for then. */
    @Override
    public CompletionStage<ClusterInfo> cluster() {
        return ledger.list()
                .handle((vms, failure) -> failure == null
                        ? client.losses(vms).thenApply(losses -> new Read("", vms, losses(losses)))
                        : CompletableFuture.completedStage(
                                new Read(ProblemException.problemOf(failure).detail(), List.of(), null)))
                .thenCompose(Function.identity())
                .thenCombine(
                        operations
                                .status()
                                .thenCombine(client.hosts(), Standing::new)
                                .thenCombine(client.alarms(), Standing::with),
                        this::info)
                .thenCompose(Function.identity());
    }

    /**
     * What a linearizable read of the ledger gave.
     *
     * @param failure empty if it succeeded
     */
    private record Read(
            String failure, List<VmRecord> vms, @Nullable List<HostLoss> losses) {}

    /** How the voters and the hosts stand, each as far as it answers. */
    private record Standing(LedgerStatus ledger, List<HostView> hosts, List<AlarmView> alarms) {
        Standing(LedgerStatus ledger, List<HostView> hosts) {
            this(ledger, hosts, List.of());
        }

        Standing with(List<AlarmView> raised) {
            return new Standing(ledger, hosts, raised);
        }

        @Nullable
        String role(String host) {
            return hosts.stream()
                    .filter(view -> view.id().equals(host))
                    .findFirst()
                    .map(Views::role)
                    .orElse(null);
        }
    }

    private static CpuBaselineInfo cpuBaseline(CpuBaseline baseline) {
        return new CpuBaselineInfo(
                List.copyOf(baseline.features()),
                baseline.beyond().entrySet().stream()
                        .map(host -> new HostCpu(host.getKey(), List.copyOf(host.getValue())))
                        .toList(),
                List.copyOf(baseline.vendors()),
                List.copyOf(baseline.silent()));
    }

    private static List<HostLoss> losses(Admission admission) {
        return admission.homeless().entrySet().stream()
                .map(host -> new HostLoss(
                        host.getKey(),
                        host.getValue().isEmpty(),
                        host.getValue().stream()
                                .map(vm -> new Homeless(vm.vm(), vm.reasons()))
                                .toList()))
                .toList();
    }

    private static LedgerInfo ledger(Read read, Standing now) {
        LedgerStatus status = now.ledger();
        boolean available = read.failure().isEmpty();
        return new LedgerInfo(
                available,
                read.failure(),
                status.quorum() ? "held" : "lost",
                status.missing(),
                status.leader().orElse(null),
                status.voters().voters().stream()
                        .map(voter -> new VoterInfo(voter.id(), voter.address()))
                        .toList(),
                read.vms().size(),
                caveat(status.voters().ids(), now.hosts().size()));
    }

    private static @Nullable String caveat(List<String> voters, int hosts) {
        return voters.size() >= VOTERS_THAT_SURVIVE_ONE || hosts < 2
                ? null
                : "no automatic failover: when one of the ledger's voters (" + String.join(", ", voters)
                        + ") is lost, nothing is started elsewhere; three voters survive that. Two hosts need a third one"
                        + " with host.role = witness; then godwit ledger add HOST, until three vote";
    }

    private CompletionStage<ClusterInfo> info(Read read, Standing now) {
        return recoveries
                .fencing(read.vms(), now.ledger().voters().ids())
                .thenApply(fencing -> info(ledger(read, now), now, fencing, read.losses()));
    }

    private ClusterInfo info(
            LedgerInfo ledgerInfo, Standing now, FencingView fencing, @Nullable List<HostLoss> losses) {
        CurrentClusterState state = Cluster.get(system).state();
        List<Member> members = StreamSupport.stream(state.getMembers().spliterator(), false)
                .map(member -> new Member(
                        nameOf(member),
                        member.address().getHost().orElse("") + ":"
                                + member.address().getPort().orElse(0),
                        state.getUnreachable().contains(member)
                                ? "unreachable"
                                : member.status().toString().toLowerCase(Locale.ROOT),
                        now.role(nameOf(member))))
                .toList();
        return new ClusterInfo(
                config.cluster().name(),
                config.host().name(),
                Version.text(),
                leader(state),
                members,
                ledgerInfo,
                Views.permit(permit.get()),
                cpuBaseline(CpuBaselines.of(now.hosts())),
                Views.fencing(fencing),
                now.alarms().stream().map(Views::alarm).toList(),
                losses);
    }

    private static @Nullable String leader(CurrentClusterState state) {
        Address leader = state.getLeader();
        return StreamSupport.stream(state.getMembers().spliterator(), false)
                .filter(member -> member.address().equals(leader))
                .map(ActorClusterAccess::nameOf)
                .findFirst()
                .orElse(null);
    }

    private static String nameOf(org.apache.pekko.cluster.Member member) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(HostRegistry.ROLE_PREFIX))
                .map(role -> role.substring(HostRegistry.ROLE_PREFIX.length()))
                .findFirst()
                .orElse("");
    }

    @Override
    public CompletionStage<List<AlarmView>> alarms() {
        return client.alarms();
    }

    @Override
    public CompletionStage<List<HostView>> hosts() {
        return client.hosts();
    }

    @Override
    public CompletionStage<List<VmView>> vms() {
        return client.vms();
    }

    @Override
    public CompletionStage<VmView> vm(String vm) {
        return client.vm(vm)
                .thenCompose(view -> view.status() == VmStatus.UNKNOWN
                        ? recoveries.list().handle((all, failure) -> failure == null ? recovering(view, all) : view)
                        : CompletableFuture.completedStage(view));
    }

    /** A VM whose host does not answer waits for something: what that is says more than that it does not. */
    private static VmView recovering(VmView view, List<RecoveryView> all) {
        return all.stream()
                .filter(one -> one.vmId().equals(view.id()) && !one.isOver())
                .findFirst()
                .map(one -> view.waiting(
                        "host " + one.from(),
                        view.detail() + "; recovery " + one.id() + " is " + one.state() + ": " + one.reason()))
                .orElse(view);
    }

    @Override
    public CompletionStage<VmView> create(VmRequest request) {
        if (request.cpu() == CpuChoice.HOST) {
            return create(request, request.spec());
        }
        return client.hosts()
                .thenApply(CpuBaselines::of)
                .thenCompose(baseline -> create(request, request.spec().hiding(baseline.hidden()))
                        .thenApply(made -> made.noting(baseline.caveat())));
    }

    private CompletionStage<VmView> create(VmRequest request, VmSpec spec) {
        String host = request.host().orElse(null);
        return request.start() ? client.createAndStart(spec, host) : client.create(spec, host);
    }

    @Override
    public CompletionStage<VmDoor> door(String vm) {
        return client.door(vm);
    }

    @Override
    public CompletionStage<VmActor.Answer> request(
            String vm, Function<ActorRef<VmActor.Answer>, VmActor.Request> message) {
        return client.request(vm, message);
    }

    @Override
    public CompletionStage<MigrationView> migrate(String vm, Destination destination, MigrationParameters parameters) {
        return client.migrate(vm, destination, parameters);
    }

    @Override
    public CompletionStage<MigrationView> migrateCold(String vm, String target, boolean autoStart) {
        return client.migrateCold(vm, target, autoStart);
    }

    @Override
    public CompletionStage<PlanView> plan(String vm, Destination destination, MigrationParameters parameters) {
        return client.plan(vm, destination, parameters);
    }

    @Override
    public CompletionStage<List<MigrationView>> migrations() {
        return client.migrations();
    }

    @Override
    public CompletionStage<MigrationView> migration(String id) {
        return client.migration(id);
    }

    @Override
    public CompletionStage<MigrationView> cancelMigration(String id) {
        return client.cancelMigration(id);
    }

    @Override
    public CompletionStage<List<LeftoverView>> leftovers() {
        return client.leftovers();
    }

    @Override
    public CompletionStage<VmActor.Answer> discardLeftover(String migrationId) {
        return client.discardLeftover(migrationId);
    }

    @Override
    public CompletionStage<MigrationView> forceCompleteMigration(String id) {
        return client.forceCompleteMigration(id);
    }

    @Override
    public CompletionStage<MigrationView> continueMigration(String id) {
        return client.continueMigration(id);
    }

    @Override
    public CompletionStage<DirtyRateView> measureDirtyRate(String vm, long durationMs) {
        return client.measureDirtyRate(vm, durationMs);
    }

    @Override
    public CompletionStage<DirtyRateView> dirtyRate(String vm) {
        return client.dirtyRate(vm);
    }

    @Override
    public CompletionStage<MigrationView> changeMigration(String id, MigrationParameters parameters) {
        return client.changeMigration(id, parameters);
    }

    @Override
    public CompletionStage<ParameterLayers> clusterParameters() {
        return client.clusterParameters();
    }

    @Override
    public CompletionStage<ParameterLayers> changeClusterParameters(ParametersChange change) {
        return client.changeClusterParameters(change);
    }

    @Override
    public CompletionStage<ParameterLayers> vmParameters(String vm) {
        return client.vmParameters(vm);
    }

    @Override
    public CompletionStage<ParameterLayers> changeVmParameters(String vm, ParametersChange change) {
        return client.changeVmParameters(vm, change);
    }

    @Override
    public Storage storage() {
        return storage;
    }

    @Override
    public Recoveries recoveries() {
        return recoveries;
    }

    @Override
    public Maintenance maintenance() {
        return maintenance;
    }

    @Override
    public Rebalancing rebalancing() {
        return rebalancing;
    }

    @Override
    public LedgerOperations ledger() {
        return operations;
    }

    @Override
    public Source<ClusterEvent, NotUsed> events() {
        return events.events();
    }
}
