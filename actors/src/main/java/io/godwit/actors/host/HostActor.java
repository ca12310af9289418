package io.godwit.actors.host;

import io.godwit.actors.admission.Admission;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.maintenance.MaintenanceActor;
import io.godwit.actors.migration.Manifest;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationStep;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.storage.StorageActor;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmMove;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.Homecoming;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmIds;
import io.godwit.control.ledger.VmRecord;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.random.RandomGenerator;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;

/** One host: creates and admits VMs, and passes requests to the actor of the VM they name. */
public final class HostActor extends AbstractBehavior<HostActor.Command> {
    public static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "godwit-host");
    private static final Duration LEDGER_RETRY = Duration.ofSeconds(1);
    /** A VM that comes back may overtake the end of its own departure, by much less than this. */
    private static final Duration DEPARTURE_GRACE = Duration.ofSeconds(5);
    /** A target that lost its source decides by itself within this. */
    private static final Duration OFFER_GRACE = Duration.ofSeconds(15);

    public sealed interface Command {}

    /** What other nodes may ask. */
    public sealed interface Request extends Command, Wire {}

    public record Describe(ActorRef<HostView> replyTo) implements Request {}

    /** Defines a VM here, stopped. */
    public record CreateVm(VmSpec spec, ActorRef<VmActor.Answer> replyTo) implements Request {}

    /** Passes a request to the host's storage. */
    public record ToStorage(StorageActor.Request request) implements Request {}

    /** Passes a request to who maintains the host. */
    public record ToMaintenance(MaintenanceActor.Request request) implements Request {}

    /** Passes a request to the VM's actor, or refuses it when the VM is not here. */
    public record ToVm(String vmId, VmActor.Request request) implements Request {}

    /** A request for a VM that has left for this host, which the ledger may not know yet. Not passed on again. */
    public record Forwarded(ToVm message) implements Request {}

    public record ListMigrations(ActorRef<Migrations> replyTo) implements Request {}

    public record FindMigration(String migrationId, ActorRef<Migrations> replyTo) implements Request {}

    /** Zero or more migrations. */
    public record Migrations(List<MigrationView> migrations) implements Wire {}

    /** Ends a migration whose source is here, if it can still be ended. */
    public record CancelMigration(String migrationId, ActorRef<VmActor.Answer> replyTo) implements Request {}

    public record ListLeftovers(ActorRef<Leftovers> replyTo) implements Request {}

    /** What failed migrations left here, kept on request. */
    public record Leftovers(List<LeftoverView> leftovers) implements Wire {}

    /** Gives back what is kept of a failed migration. */
    public record DiscardLeftover(String migrationId, ActorRef<VmActor.Answer> replyTo) implements Request {}

    /** Changes what a migration whose source is here goes by. */
    public record ChangeMigration(String migrationId, MigrationParameters parameters, ActorRef<VmActor.Answer> replyTo)
            implements Request {}

    /** What this host's configuration file says of migrations. */
    public record ReadParameters(ActorRef<Parameters> replyTo) implements Request {}

    public record Parameters(MigrationParameters configured) implements Wire {}
    /** Tells a migration whose source is here to go on in a way that it would not by itself. */
    public record SteerMigration(String migrationId, MigrationStep step, ActorRef<VmActor.Answer> replyTo)
            implements Request {}

    /** Whether a VM might come here now; nothing is reserved for it. */
    public record CheckAdmission(Manifest manifest, ActorRef<AdmissionChecked> replyTo) implements Request {}

    /** @param refusals every reason why not; empty where it might */
    public record AdmissionChecked(List<String> refusals) implements Wire {}

    /** A source asks whether its VM may come here. Answered to the source's actor. */
    public record Admit(Manifest manifest, ActorRef<MigrationSource.Command> source) implements Request {}

    private record LedgerRead(List<VmRecord> vms) implements Command {}

    private record SettleOffers(List<LedgerCommand.Commit> offers) implements Command {}

    private record LedgerUnreachable(String reason) implements Command {}

    private enum ReadLedger implements Command {
        INSTANCE
    }

    private record Checked(CreateVm request) implements Command {}

    private record Created(VmRecord vm, ActorRef<VmActor.Answer> replyTo) implements Command {}

    private record NotCreated(Problem problem, ActorRef<VmActor.Answer> replyTo) implements Command {}

    /** It is known whether the source may migrate to this host. */
    private record Vetted(Arrival arrival, List<String> refusals) implements Command {}

    private record AdmissionLookedAt(CheckAdmission request, List<String> machineReasons) implements Command {}

    /** @param machineReasons what the hypervisor has against the machine */
    private record Arrival(Admit request, List<String> machineReasons) {}

    private record VmEnded(String vmId) implements Command {}

    private record ArrivalOverdue(Arrival arrival) implements Command {}

    private final NodeServices node;
    private final TimerScheduler<Command> timers;
    private final ActorRef<StorageActor.Request> storage;
    private final ActorRef<MaintenanceActor.Command> maintenance;
    private final Map<String, ActorRef<VmActor.Command>> vms = new LinkedHashMap<>();
    /** By VM: arrivals that wait for the end of the actor which the VM had here before. */
    private final Map<String, Arrival> arrivals = new HashMap<>();

    public static Behavior<Command> create(NodeServices node) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new HostActor(context, timers, node)));
    }

    private HostActor(ActorContext<Command> context, TimerScheduler<Command> timers, NodeServices node) {
        super(context);
        this.node = node;
        this.timers = timers;
        this.storage = context.spawn(StorageActor.create(node.volumes(), node.vault()), "storage");
        this.maintenance = context.spawn(MaintenanceActor.create(node), "maintenance");
        context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
        context.getSelf().tell(ReadLedger.INSTANCE);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(ReadLedger.class, message -> readLedger())
                .onMessage(LedgerRead.class, this::onLedgerRead)
                .onMessage(SettleOffers.class, this::onSettleOffers)
                .onMessage(LedgerUnreachable.class, this::onLedgerUnreachable)
                .onMessage(Describe.class, this::onDescribe)
                .onMessage(CreateVm.class, this::onCreateVm)
                .onMessage(Checked.class, this::onChecked)
                .onMessage(Created.class, this::onCreated)
                .onMessage(NotCreated.class, this::onNotCreated)
                .onMessage(ToVm.class, this::onToVm)
                .onMessage(ToStorage.class, this::onToStorage)
                .onMessage(ToMaintenance.class, this::onToMaintenance)
                .onMessage(Forwarded.class, this::onForwarded)
                .onMessage(ListMigrations.class, this::onListMigrations)
                .onMessage(FindMigration.class, this::onFindMigration)
                .onMessage(CancelMigration.class, this::onCancelMigration)
                .onMessage(ListLeftovers.class, this::onListLeftovers)
                .onMessage(DiscardLeftover.class, this::onDiscardLeftover)
                .onMessage(ChangeMigration.class, this::onChangeMigration)
                .onMessage(ReadParameters.class, this::onReadParameters)
                .onMessage(SteerMigration.class, this::onSteerMigration)
                .onMessage(CheckAdmission.class, this::onCheckAdmission)
                .onMessage(Admit.class, this::onAdmit)
                .onMessage(AdmissionLookedAt.class, this::onAdmissionLookedAt)
                .onMessage(Vetted.class, this::onVetted)
                .onMessage(VmEnded.class, this::onVmEnded)
                .onMessage(ArrivalOverdue.class, this::onArrivalOverdue)
                .build();
    }

    /** Nothing is assumed of what this host owns before the ledger has said it. */
    private Behavior<Command> readLedger() {
        getContext()
                .pipeToSelf(
                        node.ownership().list(),
                        (all, failure) -> failure == null
                                ? new LedgerRead(all)
                                : new LedgerUnreachable(
                                        ProblemException.problemOf(failure).detail()));
        return this;
    }

    private Behavior<Command> onLedgerUnreachable(LedgerUnreachable message) {
        getContext().getLog().warn("waiting for the ledger: {}", message.reason());
        timers.startSingleTimer(ReadLedger.INSTANCE, LEDGER_RETRY);
        return this;
    }

    private Behavior<Command> onLedgerRead(LedgerRead read) {
        List<Homecoming.Held> held = node.vault().machines().stream()
                .filter(machine -> !vms.containsKey(machine.vmId()))
                .map(machine -> new Homecoming.Held(machine.vmId(), Optional.ofNullable(machine.handedOverIn())))
                .toList();
        Homecoming plan = Homecoming.of(node.ownership().self(), read.vms(), held);
        for (VmRecord vm : plan.serve()) {
            spawn(vm.id(), VmActor.create(node, vm));
        }
        plan.discard().forEach(node.vault()::close);
        plan.settle().forEach(this::settle);
        if (!plan.offers().isEmpty()) {
            timers.startSingleTimer(new SettleOffers(plan.offers()), OFFER_GRACE);
        }
        return this;
    }

    private Behavior<Command> onSettleOffers(SettleOffers message) {
        message.offers().forEach(this::settle);
        return this;
    }

    /**
     * Whatever the answer, the ledger is read again: what it says then is what this host serves. After a refusal that
     * has time: the record may still say what made this host ask.
     */
    private void settle(LedgerCommand command) {
        getContext().getLog().info("settling a migration that lost its driver: {}", command);
        getContext()
                .pipeToSelf(
                        node.ownership().settle(command),
                        (answer, failure) -> failure != null
                                ? new LedgerUnreachable(
                                        ProblemException.problemOf(failure).detail())
                                : answer instanceof LedgerAnswer.Refused refused
                                        ? new LedgerUnreachable(
                                                "it refused " + command.requestId() + ": " + refused.reason())
                                        : ReadLedger.INSTANCE);
    }

    /** A VM has one actor: where reading the ledger was faster than the answer to its creation, it is there already. */
    private ActorRef<VmActor.Command> spawn(String vmId, Behavior<VmActor.Command> behavior) {
        ActorRef<VmActor.Command> there = vms.get(vmId);
        if (there != null) {
            return there;
        }
        ActorRef<VmActor.Command> vm = getContext().spawn(behavior, "vm-" + vmId);
        getContext().watchWith(vm, new VmEnded(vmId));
        vms.put(vmId, vm);
        return vm;
    }

    private Behavior<Command> onVmEnded(VmEnded ended) {
        vms.remove(ended.vmId());
        node.hosted().leave(ended.vmId());
        if (node.vault().find(ended.vmId()).isPresent()) {
            getContext()
                    .getLog()
                    .warn("the actor of VM {} ended without its machine: it is adopted anew", ended.vmId());
            timers.startSingleTimer(ReadLedger.INSTANCE, LEDGER_RETRY);
        }
        Arrival waiting = arrivals.remove(ended.vmId());
        if (waiting != null) {
            admit(waiting);
        }
        return this;
    }

    private Behavior<Command> onDescribe(Describe request) {
        HostFacts facts = node.facts();
        request.replyTo()
                .tell(new HostView(
                        node.hostId(),
                        node.vault().identity().incarnation(),
                        "up",
                        node.vault().factory().backend().label(),
                        facts.cpus(),
                        facts.cpuModel(),
                        facts.microcode(),
                        facts.kernel(),
                        node.vault().totalMemoryBytes(),
                        node.vault().usedMemoryBytes(),
                        vms.size(),
                        facts.apiUrl(),
                        facts.version()));
        return this;
    }

    private Behavior<Command> onCreateVm(CreateVm request) {
        if (request.spec().memoryBytes() > node.vault().totalMemoryBytes()) {
            request.replyTo()
                    .tell(new VmActor.Rejected(Problem.of(
                            Problem.Kind.INVALID,
                            "memory",
                            request.spec().memoryBytes(),
                            "at most " + node.vault().totalMemoryBytes() + " bytes",
                            "memory: " + request.spec().memoryBytes() + " bytes is more than host " + node.hostId()
                                    + " has for guests, " + node.vault().totalMemoryBytes() + " bytes")));
            return this;
        }
        CompletionStage<Void> checked =
                node.vault().work(() -> node.vault().factory().check(request.spec()));
        getContext()
                .pipeToSelf(
                        checked,
                        (ok, failure) -> failure == null
                                ? new Checked(request)
                                : new NotCreated(invalid(failure), request.replyTo()));
        return this;
    }

    private static Problem invalid(Throwable failure) {
        Problem problem = ProblemException.problemOf(failure);
        return problem.kind() == Problem.Kind.FAILED ? Problem.of(Problem.Kind.INVALID, problem.detail()) : problem;
    }

    private Behavior<Command> onChecked(Checked checked) {
        String vmId = VmIds.newId(RandomGenerator.getDefault());
        CreateVm request = checked.request();
        getContext()
                .pipeToSelf(
                        node.ownership().create(vmId, request.spec()),
                        (vm, failure) -> failure == null
                                ? new Created(vm, request.replyTo())
                                : new NotCreated(ProblemException.problemOf(failure), request.replyTo()));
        return this;
    }

    private Behavior<Command> onCreated(Created created) {
        ActorRef<VmActor.Command> vm = spawn(created.vm().id(), VmActor.create(node, created.vm()));
        node.events()
                .vm("vm.created", created.vm().id(), "name", created.vm().spec().name());
        vm.tell(new VmActor.Describe(created.replyTo()));
        return this;
    }

    private Behavior<Command> onNotCreated(NotCreated failed) {
        failed.replyTo().tell(new VmActor.Rejected(failed.problem()));
        return this;
    }

    private Behavior<Command> onToVm(ToVm message) {
        if (!deliver(message)) {
            node.migrations()
                    .destination(message.vmId())
                    .ifPresentOrElse(host -> follow(host, message), () -> refuse(message));
        }
        return this;
    }

    private Behavior<Command> onToStorage(ToStorage message) {
        storage.tell(message.request());
        return this;
    }

    private Behavior<Command> onToMaintenance(ToMaintenance message) {
        maintenance.tell(message.request());
        return this;
    }

    private Behavior<Command> onForwarded(Forwarded forwarded) {
        if (!deliver(forwarded.message())) {
            refuse(forwarded.message());
        }
        return this;
    }

    private boolean deliver(ToVm message) {
        ActorRef<VmActor.Command> vm = vms.get(message.vmId());
        if (vm != null) {
            vm.tell(message.request());
        }
        return vm != null;
    }

    /** The ledger is written behind a migration's Go: until then it still names this host as the VM's. */
    private void follow(String host, ToVm message) {
        node.hosts().find(host).whenComplete((found, failure) -> {
            if (failure == null && found.isPresent()) {
                found.get().tell(new Forwarded(message));
            } else {
                refuse(message);
            }
        });
    }

    private void refuse(ToVm message) {
        message.request()
                .replyTo()
                .tell(new VmActor.Rejected(Problem.of(
                        Problem.Kind.NOT_FOUND, "VM " + message.vmId() + " is not on host " + node.hostId())));
    }

    private Behavior<Command> onListMigrations(ListMigrations request) {
        request.replyTo().tell(new Migrations(node.migrations().list()));
        return this;
    }

    private Behavior<Command> onFindMigration(FindMigration request) {
        Optional<MigrationView> found = node.migrations().find(request.migrationId());
        request.replyTo().tell(new Migrations(found.map(List::of).orElse(List.of())));
        return this;
    }

    private Behavior<Command> onCancelMigration(CancelMigration request) {
        return toSource(
                request.migrationId(), request.replyTo(), new MigrationSource.CancelRequested(request.replyTo()));
    }

    private Behavior<Command> onChangeMigration(ChangeMigration request) {
        return toSource(
                request.migrationId(),
                request.replyTo(),
                new MigrationSource.Changed(request.parameters(), request.replyTo()));
    }

    private Behavior<Command> onReadParameters(ReadParameters request) {
        request.replyTo().tell(new Parameters(node.migration().defaults()));
        return this;
    }

    private Behavior<Command> onSteerMigration(SteerMigration request) {
        return toSource(
                request.migrationId(),
                request.replyTo(),
                new MigrationSource.Steered(request.step(), request.replyTo()));
    }

    /** Passes a word to the side that sends the VM away from here. */
    private Behavior<Command> toSource(
            String migrationId, ActorRef<VmActor.Answer> replyTo, MigrationSource.Command word) {
        Optional<MigrationView> found = node.migrations().find(migrationId);
        ActorRef<VmActor.Command> vm = found.filter(view -> !view.ended())
                .map(view -> vms.get(view.vmId()))
                .orElse(null);
        if (vm == null) {
            String detail = found.map(
                            view -> "migration " + migrationId + " is " + view.status() + " and can no longer be "
                                    + (word instanceof MigrationSource.CancelRequested ? "cancelled" : "steered"))
                    .orElse("there is no migration " + migrationId + " on host " + node.hostId());
            replyTo.tell(new VmActor.Rejected(
                    Problem.of(found.isPresent() ? Problem.Kind.CONFLICT : Problem.Kind.NOT_FOUND, detail)));
        } else {
            vm.tell(new VmMove.AskSource(word, replyTo));
        }
        return this;
    }

    private Behavior<Command> onCheckAdmission(CheckAdmission request) {
        List<String> faults = Admission.faults(request.manifest());
        if (!faults.isEmpty()) {
            request.replyTo().tell(new AdmissionChecked(faults));
            return this;
        }
        getContext()
                .pipeToSelf(
                        node.vault().refusals(request.manifest().profile()),
                        (reasons, failure) -> new AdmissionLookedAt(request, orFailure(reasons, failure)));
        return this;
    }

    private Behavior<Command> onAdmissionLookedAt(AdmissionLookedAt seen) {
        seen.request()
                .replyTo()
                .tell(new AdmissionChecked(refusals(seen.request().manifest(), seen.machineReasons())));
        return this;
    }

    private static List<String> orFailure(List<String> reasons, @Nullable Throwable failure) {
        return failure == null
                ? reasons
                : List.of("it could not be found out whether the machine can be had here: " + failure.getMessage());
    }

    private Behavior<Command> onListLeftovers(ListLeftovers request) {
        request.replyTo()
                .tell(new Leftovers(node.vault().kept().stream()
                        .map(kept -> LeftoverView.of(kept, node.hostId()))
                        .toList()));
        return this;
    }

    private Behavior<Command> onDiscardLeftover(DiscardLeftover request) {
        String id = request.migrationId();
        node.vault()
                .discard(id)
                .whenComplete((done, failure) -> request.replyTo()
                        .tell(
                                failure == null && done
                                        ? new VmActor.Deleted(id)
                                        : new VmActor.Rejected(Problem.of(
                                                failure == null ? Problem.Kind.NOT_FOUND : Problem.Kind.FAILED,
                                                failure == null
                                                        ? "host " + node.hostId() + " keeps nothing of migration " + id
                                                        : "what is kept of migration " + id + " did not go: "
                                                                + failure))));
        return this;
    }

    /** Nothing is derived from a manifest, the VM's actor's name included, before it was found to make sense. */
    private Behavior<Command> onAdmit(Admit request) {
        List<String> faults = Admission.faults(request.manifest());
        if (!faults.isEmpty()) {
            getContext().getLog().warn("refused a manifest from {}: {}", request.source(), faults);
            request.source().tell(new MigrationSource.NotAdmitted(faults));
            return this;
        }
        CompletionStage<List<String>> strangers = node.migration()
                .security()
                .refusals(node.hostId(), request.manifest(), request.source())
                .exceptionally(failure -> List.of("the source could not be verified: " + failure.getMessage()));
        CompletionStage<List<String>> machine =
                node.vault().refusals(request.manifest().profile()).handle(HostActor::orFailure);
        getContext()
                .pipeToSelf(
                        strangers.thenCombine(
                                machine, (refusals, reasons) -> new Vetted(new Arrival(request, reasons), refusals)),
                        (vetted, never) -> vetted);
        return this;
    }

    private Behavior<Command> onVetted(Vetted vetted) {
        Arrival arrival = vetted.arrival();
        Admit request = arrival.request();
        String vmId = request.manifest().vm().id();
        if (!vetted.refusals().isEmpty()) {
            List<String> reasons = new ArrayList<>(vetted.refusals());
            reasons.addAll(refusals(request.manifest(), arrival.machineReasons()));
            request.source().tell(new MigrationSource.NotAdmitted(reasons));
            return this;
        }
        if (!vms.containsKey(vmId)) {
            admit(arrival);
            return this;
        }
        Arrival before = arrivals.put(vmId, arrival);
        if (before != null) {
            refuse(before);
        }
        timers.startSingleTimer(request, new ArrivalOverdue(arrival), DEPARTURE_GRACE);
        return this;
    }

    private Behavior<Command> onArrivalOverdue(ArrivalOverdue overdue) {
        Arrival arrival = overdue.arrival();
        if (arrivals.remove(arrival.request().manifest().vm().id(), arrival)) {
            refuse(arrival);
        }
        return this;
    }

    private void admit(Arrival arrival) {
        Admit request = arrival.request();
        Manifest manifest = request.manifest();
        List<String> refusals = refusals(manifest, arrival.machineReasons());
        if (refusals.isEmpty()) {
            spawn(manifest.vm().id(), VmActor.receive(node, manifest, request.source()));
        } else {
            request.source().tell(new MigrationSource.NotAdmitted(refusals));
        }
    }

    private void refuse(Arrival arrival) {
        Admit request = arrival.request();
        request.source().tell(new MigrationSource.NotAdmitted(refusals(request.manifest(), arrival.machineReasons())));
    }

    private List<String> refusals(Manifest manifest, List<String> machineReasons) {
        return Admission.refusals(
                manifest, HostConditions.of(node, getContext().getSystem(), vms.keySet(), manifest, machineReasons));
    }
}
