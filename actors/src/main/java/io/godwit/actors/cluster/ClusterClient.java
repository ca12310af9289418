package io.godwit.actors.cluster;

import io.godwit.actors.alarm.AlarmView;
import io.godwit.actors.directory.Ownership;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.host.LeftoverView;
import io.godwit.actors.migration.MigrationStep;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.placement.ClusterPicture;
import io.godwit.actors.placement.Placements;
import io.godwit.actors.vm.DirtyRateView;
import io.godwit.actors.vm.ForecastRequest;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.Destination;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParameterLayers;
import io.godwit.config.ParametersChange;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Admission;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.jspecify.annotations.Nullable;

/**
 * The whole cluster as any node's gateway sees it: each call is one message to the actor that knows, wherever it is.
 * Stages fail with {@link ProblemException}. Never blocks.
 */
public final class ClusterClient {
    /** Starting a VM waits for the ledger, then for memory and a kernel. */
    private static final Duration REQUEST_TIMEOUT = Duration.ofSeconds(60);

    private static final Duration VIEW_TIMEOUT = Duration.ofSeconds(2);

    private final ActorSystem<?> system;
    private final HostRegistry hosts;
    private final Ownership ledger;

    private final OwnVms own;
    private final MigrationParameters defaults;
    private final Placements placements;

    /** @param defaults what the configuration file of this host says of migrations */
    public ClusterClient(
            ActorSystem<?> system, HostRegistry hosts, Ownership ledger, OwnVms own, MigrationParameters defaults) {
        this.system = system;
        this.hosts = hosts;
        this.ledger = ledger;
        this.own = own;
        this.defaults = defaults;
        this.placements = new Placements(system, hosts, ledger);
    }

    /** Every member host; one that does not answer is shown with what membership knows of it. */
    public CompletionStage<List<HostView>> hosts() {
        return hosts.list().thenCompose(all -> gather(all.values(), this::describe));
    }

    private CompletionStage<HostView> describe(HostRegistry.Host host) {
        HostView unknown = HostView.unknown(host.id(), host.state());
        if (host.actor().isEmpty()) {
            return CompletableFuture.completedStage(unknown);
        }
        return ask(host.actor().get(), HostActor.Describe::new, VIEW_TIMEOUT)
                .thenApply(view -> view.seenAs(host.state()))
                .exceptionally(silent -> unknown);
    }

    /** What hosts noticed of themselves of late, newest first; of those that answer. */
    public CompletionStage<List<AlarmView>> alarms() {
        HostActor.AlarmsRead none = new HostActor.AlarmsRead(List.of());
        return hosts.list()
                .thenCompose(all -> gather(
                        all.values().stream()
                                .flatMap(host -> host.actor().stream())
                                .toList(),
                        actor -> ask(actor, HostActor.ReadAlarms::new, VIEW_TIMEOUT)
                                .exceptionally(silent -> none)))
                .thenApply(answers -> answers.stream()
                        .flatMap(answer -> answer.alarms().stream())
                        .sorted(Comparator.comparingLong(AlarmView::atEpochMs).reversed())
                        .toList());
    }

    /** Whether the cluster can lose any one host. */
    public CompletionStage<Admission> losses(List<VmRecord> vms) {
        return placements.look(vms, name -> true).thenApply(ClusterPicture::losses);
    }

    /** Every VM of the ledger, as its owner sees it. */
    public CompletionStage<List<VmView>> vms() {
        return ledger.list()
                .thenCombine(hosts.list(), (vms, all) -> gather(vms, vm -> view(vm, all)))
                .thenCompose(Function.identity())
                .thenApply(views -> views.stream()
                        .sorted(Comparator.comparing(view -> view.spec().name()))
                        .toList());
    }

    private CompletionStage<VmView> view(VmRecord vm, Map<String, HostRegistry.Host> all) {
        String hostId = vm.owner().hostId();
        HostRegistry.Host host = all.get(hostId);
        if (host == null || host.actor().isEmpty()) {
            String state = host == null ? "not in the cluster" : host.state();
            return CompletableFuture.completedStage(unknown(vm, "host " + hostId + " is " + state));
        }
        return ask(host.actor().get(), toVm(vm.id(), VmActor.Describe::new), VIEW_TIMEOUT)
                .handle((answer, failure) -> answer instanceof VmActor.Done done
                        ? done.vm()
                        : unknown(vm, "host " + hostId + " does not answer for it"));
    }

    private static VmView unknown(VmRecord vm, String detail) {
        return new VmView(vm.id(), vm.spec(), vm.owner().hostId(), vm.epoch(), VmStatus.UNKNOWN, "", null, detail);
    }

    /** By id or by name. */
    public CompletionStage<VmView> vm(String idOrName) {
        Optional<String> here = own.find(idOrName);
        if (here.isEmpty()) {
            return recorded(idOrName);
        }
        return ask(own.host(), toVm(here.get(), VmActor.Describe::new), VIEW_TIMEOUT)
                .handle((answer, failure) -> answer instanceof VmActor.Done done
                        ? CompletableFuture.completedStage(done.vm())
                        : recorded(idOrName))
                .thenCompose(Function.identity());
    }

    private CompletionStage<VmView> recorded(String idOrName) {
        return record(idOrName).thenCombine(hosts.list(), this::view).thenCompose(Function.identity());
    }

    private CompletionStage<VmRecord> record(String idOrName) {
        return ledger.list().thenApply(all -> named(idOrName, all));
    }

    /** Of all VMs the one of that id or name. */
    public static VmRecord named(String idOrName, List<VmRecord> all) {
        return all.stream()
                .filter(vm -> vm.id().equals(idOrName) || vm.spec().name().equals(idOrName))
                .findFirst()
                .orElseThrow(() -> new ProblemException(Problem.of(
                        Problem.Kind.NOT_FOUND,
                        "vm",
                        idOrName,
                        "the id or name of a VM",
                        "there is no VM \"" + idOrName + "\"")));
    }

    /**
     * Defines a VM.
     *
     * @param host where, or null for the best that there is
     */
    public CompletionStage<VmView> create(VmSpec spec, @Nullable String host) {
        return create(spec, host, replyTo -> new HostActor.CreateVm(spec, replyTo));
    }

    /** Defines a VM and starts it: one that could not be started stays defined. */
    public CompletionStage<VmView> createAndStart(VmSpec spec, @Nullable String host) {
        return create(spec, host, replyTo -> new HostActor.CreateAndStartVm(spec, replyTo));
    }

    private CompletionStage<VmView> create(
            VmSpec spec, @Nullable String host, Function<ActorRef<VmActor.Answer>, HostActor.Command> message) {
        CompletionStage<String> chosen = host == null
                ? placements.home(spec, Optional.empty())
                : actorOf("host", host).thenCompose(there -> placements.home(spec, Optional.of(host)));
        return chosen.thenCompose(name -> actorOf("host", name))
                .thenCompose(actor -> answer(actor, message))
                .thenApply(answer -> ((VmActor.Done) answer).vm());
    }

    private CompletionStage<ActorRef<HostActor.Command>> actorOf(String field, String hostId) {
        return hosts.list().thenApply(all -> {
            HostRegistry.Host host = all.get(hostId);
            if (host == null) {
                throw new ProblemException(Problem.of(
                        Problem.Kind.INVALID,
                        field,
                        hostId,
                        "one of " + String.join(", ", all.keySet()),
                        field + ": there is no host \"" + hostId + "\"; the hosts are "
                                + String.join(", ", all.keySet())));
            }
            return reachable(host);
        });
    }

    /** The actor of a host that nobody asked for by name: what went there needs it, and no other request would do. */
    private CompletionStage<ActorRef<HostActor.Command>> actorOn(String hostId, String what) {
        return hosts.list().thenApply(all -> {
            HostRegistry.Host host = all.get(hostId);
            if (host == null) {
                throw new ProblemException(Problem.of(
                        Problem.Kind.UNAVAILABLE, what + " is on host " + hostId + ", which is not in the cluster"));
            }
            return reachable(host);
        });
    }

    private static ActorRef<HostActor.Command> reachable(HostRegistry.Host host) {
        return host.actor()
                .orElseThrow(() -> new ProblemException(Problem.of(
                        Problem.Kind.UNAVAILABLE,
                        "host " + host.id() + " is " + host.state() + " and cannot be asked")));
    }

    /** Sends one request to the VM's actor on the host that owns it. */
    public CompletionStage<VmActor.Answer> request(
            String idOrName, Function<ActorRef<VmActor.Answer>, VmActor.Request> request) {
        return door(idOrName).thenCompose(door -> door.request(request));
    }

    /** Finds the VM, by id or by name, on the host that owns it. */
    public CompletionStage<VmDoor> door(String idOrName) {
        Optional<String> here = own.find(idOrName);
        if (here.isPresent()) {
            return CompletableFuture.completedStage(new FoundVm(own.host(), here.get()));
        }
        return record(idOrName)
                .thenCompose(
                        vm -> actorOn(vm.owner().hostId(), "VM " + vm.spec().name())
                                .thenApply(host -> new FoundVm(host, vm.id())));
    }

    /** A VM on the host that owned it when it was looked for. */
    private final class FoundVm implements VmDoor {
        private final ActorRef<HostActor.Command> host;
        private final String vmId;

        FoundVm(ActorRef<HostActor.Command> host, String vmId) {
            this.host = host;
            this.vmId = vmId;
        }

        @Override
        public CompletionStage<VmActor.Answer> request(Function<ActorRef<VmActor.Answer>, VmActor.Request> message) {
            return answer(host, toVm(vmId, message));
        }

        @Override
        public CompletionStage<VmActor.Answer> request(
                Function<ActorRef<VmActor.Answer>, VmActor.Request> message, Duration patience) {
            return answer(host, toVm(vmId, message), patience);
        }
    }

    private static Function<ActorRef<VmActor.Answer>, HostActor.Command> toVm(
            String vmId, Function<ActorRef<VmActor.Answer>, VmActor.Request> request) {
        return replyTo -> new HostActor.ToVm(vmId, request.apply(replyTo));
    }

    /** Begins a live migration to a host that is named. */
    public CompletionStage<MigrationView> migrate(String idOrName, String target, MigrationParameters parameters) {
        return migrate(idOrName, Destination.of(target), parameters);
    }

    /**
     * Begins a live migration; its object is answered at once.
     *
     * @param parameters what was asked for; the VM's and the cluster's are laid beneath
     */
    public CompletionStage<MigrationView> migrate(
            String idOrName, Destination destination, MigrationParameters parameters) {
        return migrate(UUID.randomUUID().toString(), idOrName, destination, parameters);
    }

    /** The same for whoever has to know the migration's id before it is asked for. */
    public CompletionStage<MigrationView> migrate(
            String migrationId, String idOrName, Destination destination, MigrationParameters parameters) {
        return move(idOrName, destination, parameters)
                .thenCompose(move -> placements
                        .target(move.vm(), move.all(), destination)
                        .thenCompose(target -> request(
                                idOrName,
                                replyTo -> new VmActor.Migrate(
                                        migrationId, target, move.parameters(), destination.skipped(), replyTo))))
                .thenApply(answer -> ((VmActor.MigrationAccepted) answer).migration());
    }

    /**
     * Begins to move a VM that is off to a host that is named, with its disks.
     *
     * @param autoStart whether it is started there
     */
    public CompletionStage<MigrationView> migrateCold(String idOrName, String target, boolean autoStart) {
        String migrationId = UUID.randomUUID().toString();
        Destination destination = Destination.of(target);
        return move(idOrName, destination, MigrationParameters.NONE)
                .thenCompose(move -> placements
                        .target(move.vm(), move.all(), destination)
                        .thenCompose(host -> request(
                                idOrName, replyTo -> new VmActor.MigrateCold(migrationId, host, autoStart, replyTo))))
                .thenApply(answer -> ((VmActor.MigrationAccepted) answer).migration());
    }

    /**
     * A VM that is to move.
     *
     * @param all VMs of the ledger
     * @param parameters what was asked for, over what is set for the VM, over what is set for the cluster
     */
    private record Moving(VmRecord vm, List<VmRecord> all, MigrationParameters parameters) {}

    /** A host that is named has to be there and be reached. */
    private CompletionStage<Moving> move(String idOrName, Destination destination, MigrationParameters parameters) {
        CompletionStage<Moving> move = ledger.list().thenCombine(ledger.clusterParameters(), (all, cluster) -> {
            VmRecord vm = named(idOrName, all);
            return new Moving(vm, all, cluster.with(vm.parameters()).with(parameters));
        });
        return destination
                .target()
                .map(host -> move.thenCompose(moving -> actorOf("target", host).thenApply(reachable -> moving)))
                .orElse(move);
    }

    /** What is set about the migrations of all VMs, over the configuration of this host. */
    public CompletionStage<ParameterLayers> clusterParameters() {
        return ledger.clusterParameters()
                .thenApply(cluster -> new ParameterLayers(defaults, cluster, MigrationParameters.NONE));
    }

    public CompletionStage<ParameterLayers> changeClusterParameters(ParametersChange change) {
        return ledger.changeClusterParameters(change).thenCompose(applied -> clusterParameters());
    }

    /** What is set about one VM's migrations, over the configuration of its host, or of this one if that is away. */
    public CompletionStage<ParameterLayers> vmParameters(String idOrName) {
        return record(idOrName).thenCompose(this::layers);
    }

    public CompletionStage<ParameterLayers> changeVmParameters(String idOrName, ParametersChange change) {
        return record(idOrName)
                .thenCompose(vm -> ledger.changeParameters(vm.id(), change))
                .thenCompose(this::layers);
    }

    private CompletionStage<ParameterLayers> layers(VmRecord vm) {
        CompletionStage<MigrationParameters> host = hosts.find(vm.owner().hostId())
                .thenCompose(found -> found.isPresent()
                        ? ask(found.get(), HostActor.ReadParameters::new, VIEW_TIMEOUT)
                                .thenApply(HostActor.Parameters::configured)
                                .exceptionally(silent -> defaults)
                        : CompletableFuture.completedStage(defaults));
        return host.thenCombine(
                ledger.clusterParameters(), (base, cluster) -> new ParameterLayers(base, cluster, vm.parameters()));
    }

    /** Newest first; the source's account where both ends have one. */
    public CompletionStage<List<MigrationView>> migrations() {
        return fromHosts(HostActor.ListMigrations::new);
    }

    public CompletionStage<MigrationView> migration(String migrationId) {
        return fromHosts(replyTo -> new HostActor.FindMigration(migrationId, replyTo))
                .thenApply(found -> found.stream().findFirst().orElseThrow(() -> noMigration(migrationId)));
    }

    /** Asks the source to end it; answered once it has begun to. */
    public CompletionStage<MigrationView> cancelMigration(String migrationId) {
        return migration(migrationId)
                .thenCompose(found -> actorOn(found.from(), "the source of migration " + migrationId))
                .thenCompose(host -> answer(host, replyTo -> new HostActor.CancelMigration(migrationId, replyTo)))
                .thenApply(answer -> ((VmActor.MigrationAccepted) answer).migration());
    }

    /** What failed migrations left at their targets, kept on request; oldest first. */
    public CompletionStage<List<LeftoverView>> leftovers() {
        HostActor.Leftovers none = new HostActor.Leftovers(List.of());
        return hosts.list()
                .thenCompose(all -> gather(
                        all.values().stream()
                                .flatMap(host -> host.actor().stream())
                                .toList(),
                        actor -> ask(actor, HostActor.ListLeftovers::new, VIEW_TIMEOUT)
                                .exceptionally(silent -> none)))
                .thenApply(answers -> answers.stream()
                        .flatMap(answer -> answer.leftovers().stream())
                        .sorted(Comparator.comparingLong(LeftoverView::keptAtEpochMs))
                        .toList());
    }

    /** Gives back what its target keeps of a failed migration. */
    public CompletionStage<VmActor.Answer> discardLeftover(String migrationId) {
        return leftovers()
                .thenApply(all -> all.stream()
                        .filter(kept -> kept.id().equals(migrationId))
                        .findFirst()
                        .orElseThrow(() -> new ProblemException(Problem.of(
                                Problem.Kind.NOT_FOUND,
                                "leftover",
                                migrationId,
                                "the id of a failed migration whose target kept its half",
                                "nothing is kept of a migration \"" + migrationId + "\""))))
                .thenCompose(kept -> actorOn(kept.host(), "what is kept of migration " + migrationId))
                .thenCompose(host -> answer(host, replyTo -> new HostActor.DiscardLeftover(migrationId, replyTo)));
    }

    /**
     * Changes what a migration under way goes by. Fails where one of the parameters is only taken by a new migration,
     * or this one has ended.
     */
    public CompletionStage<MigrationView> changeMigration(String migrationId, MigrationParameters parameters) {
        return migration(migrationId)
                .thenCompose(found -> actorOn(found.from(), "the source of migration " + migrationId))
                .thenCompose(host ->
                        answer(host, replyTo -> new HostActor.ChangeMigration(migrationId, parameters, replyTo)))
                .thenApply(answer -> ((VmActor.MigrationAccepted) answer).migration());
    }

    /** Pauses the VM as soon as the ledger allows it and sends the rest, however long that takes. */
    public CompletionStage<MigrationView> forceCompleteMigration(String migrationId) {
        return steer(migrationId, MigrationStep.FORCE_COMPLETE);
    }

    /** Lets a migration switch over that stands in pre-switchover, its VM paused. */
    public CompletionStage<MigrationView> continueMigration(String migrationId) {
        return steer(migrationId, MigrationStep.CONTINUE);
    }

    private CompletionStage<MigrationView> steer(String migrationId, MigrationStep step) {
        return migration(migrationId)
                .thenCompose(found -> actorOn(found.from(), "the source of migration " + migrationId))
                .thenCompose(host -> answer(host, replyTo -> new HostActor.SteerMigration(migrationId, step, replyTo)))
                .thenApply(answer -> ((VmActor.MigrationAccepted) answer).migration());
    }

    /** What a migration would be like and every reason why it could not begin; nothing is begun or reserved. */
    public CompletionStage<PlanView> plan(String idOrName, Destination destination, MigrationParameters parameters) {
        return move(idOrName, destination, parameters)
                .thenCompose(move -> destination
                        .target()
                        .map(target -> plan(move, target, destination)
                                .thenCombine(
                                        placements.objections(move.vm(), move.all(), target), PlanView::alsoRefused))
                        .orElseGet(() -> placements
                                .target(move.vm(), move.all(), destination)
                                .thenCompose(target -> plan(move, target, destination))));
    }

    /** Of a migration to a host that is named. */
    public CompletionStage<PlanView> plan(String idOrName, String target, MigrationParameters parameters) {
        return plan(idOrName, Destination.of(target), parameters);
    }

    private CompletionStage<PlanView> plan(Moving move, String target, Destination destination) {
        return request(
                        move.vm().id(),
                        replyTo -> new ForecastRequest.PlanMigration(
                                target, move.parameters(), destination.skipped(), replyTo))
                .thenApply(answer -> ((VmActor.Planned) answer).plan());
    }

    /** Begins to measure a VM's dirty rate. */
    public CompletionStage<DirtyRateView> measureDirtyRate(String idOrName, long durationMs) {
        return request(idOrName, replyTo -> new ForecastRequest.MeasureDirtyRate(durationMs, replyTo))
                .thenApply(answer -> ((VmActor.DirtyRateKnown) answer).rate());
    }

    /** What the last measurement found. */
    public CompletionStage<DirtyRateView> dirtyRate(String idOrName) {
        return request(idOrName, ForecastRequest.DescribeDirtyRate::new)
                .thenApply(answer -> ((VmActor.DirtyRateKnown) answer).rate());
    }

    private CompletionStage<List<MigrationView>> fromHosts(
            Function<ActorRef<HostActor.Migrations>, HostActor.Command> question) {
        HostActor.Migrations none = new HostActor.Migrations(List.of());
        return hosts.list()
                .thenCompose(all -> gather(
                        all.values().stream()
                                .flatMap(host -> host.actor().stream())
                                .toList(),
                        actor -> ask(actor, question, VIEW_TIMEOUT).exceptionally(silent -> none)))
                .thenApply(ClusterClient::newestFirst);
    }

    private static List<MigrationView> newestFirst(List<HostActor.Migrations> answers) {
        Map<String, MigrationView> byId = new LinkedHashMap<>();
        answers.stream()
                .flatMap(answer -> answer.migrations().stream())
                .sorted(Comparator.comparing(MigrationView::role))
                .forEach(view -> byId.putIfAbsent(view.id(), view));
        return byId.values().stream()
                .sorted(Comparator.comparingLong(MigrationView::startedAtEpochMs)
                        .reversed())
                .toList();
    }

    private static ProblemException noMigration(String migrationId) {
        return new ProblemException(Problem.of(
                Problem.Kind.NOT_FOUND,
                "migration",
                migrationId,
                "the id of a migration",
                "there is no migration \"" + migrationId + "\""));
    }

    private CompletionStage<VmActor.Answer> answer(
            ActorRef<HostActor.Command> host, Function<ActorRef<VmActor.Answer>, HostActor.Command> message) {
        return answer(host, message, REQUEST_TIMEOUT);
    }

    private CompletionStage<VmActor.Answer> answer(
            ActorRef<HostActor.Command> host,
            Function<ActorRef<VmActor.Answer>, HostActor.Command> message,
            Duration timeout) {
        return ask(host, message, timeout).thenApply(answer -> {
            if (answer instanceof VmActor.Rejected rejected) {
                throw new ProblemException(rejected.problem());
            }
            return answer;
        });
    }

    private <R> CompletionStage<R> ask(
            ActorRef<HostActor.Command> host, Function<ActorRef<R>, HostActor.Command> message, Duration timeout) {
        return AskPattern.<HostActor.Command, R>ask(host, message::apply, timeout, system.scheduler())
                .exceptionallyCompose(failure -> CompletableFuture.failedStage(
                        failure instanceof java.util.concurrent.TimeoutException
                                ? new ProblemException(Problem.of(
                                        Problem.Kind.UNAVAILABLE,
                                        "host " + host.path().address() + " did not answer within "
                                                + timeout.toSeconds() + " s"))
                                : failure));
    }

    private static <T, R> CompletionStage<List<R>> gather(
            Collection<T> items, Function<T, CompletionStage<R>> question) {
        CompletionStage<List<R>> all = CompletableFuture.completedStage(new ArrayList<>());
        for (CompletionStage<R> answer : items.stream().map(question).toList()) {
            all = all.thenCombine(answer, (list, value) -> {
                list.add(value);
                return list;
            });
        }
        return all;
    }
}
