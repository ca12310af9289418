package io.godwit.actors.host;

import io.godwit.actors.alarm.AlarmView;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.maintenance.MaintenanceActor;
import io.godwit.actors.migration.ColdSource;
import io.godwit.actors.migration.Manifest;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationStep;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.SecretPart;
import io.godwit.actors.permit.PermitActor;
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
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.storage.Volume;
import java.time.Duration;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
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
    /** Longer than a start takes that the ledger does not answer. */
    private static final Duration START_LIMIT = Duration.ofMinutes(2);
    /** A target that lost its source decides by itself within this. */
    private static final Duration OFFER_GRACE = Duration.ofSeconds(15);

    public sealed interface Command {}

    /** What other nodes may ask. */
    public sealed interface Request extends Command, Wire {}

    public record Describe(ActorRef<HostView> replyTo) implements Request {}

    /** What its VMs have used. */
    public record ReadLoad(ActorRef<HostLoad> replyTo) implements Request {}

    /** Which of its VMs have a CPU that is not as this host gives it. */
    public record ReadCpus(ActorRef<CpusInUse> replyTo) implements Request {}

    /** Whether this host can fence another while its voter leads the ledger. */
    public record ReadFence(ActorRef<FenceKnown> replyTo) implements Request {}

    /** @param configured whether its file names a fence command */
    public record FenceKnown(boolean configured) implements Wire {}

    /** What this host noticed of itself of late. */
    public record ReadAlarms(ActorRef<AlarmsRead> replyTo) implements Request {}

    /** Newest first. */
    public record AlarmsRead(List<AlarmView> alarms) implements Wire {
        public AlarmsRead {
            alarms = List.copyOf(alarms);
        }
    }

    /** Defines a VM here, stopped. */
    public record CreateVm(VmSpec spec, ActorRef<VmActor.Answer> replyTo) implements Request {}

    /** Defines a VM here and starts it, with one entry in the ledger. */
    public record CreateAndStartVm(VmSpec spec, ActorRef<VmActor.Answer> replyTo) implements Request {}

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

    /**
     * A source asks whether its VM, which is off, may come here with its disks. Answered to the source's actor.
     *
     * @param disks those that are copied; the others are in shared pools
     * @param autoStart whether it is started here once it is this host's
     * @param secret the source's part of the session secret, null where pages are not sealed
     */
    public record AdmitCold(
            String migrationId,
            VmRecord vm,
            boolean autoStart,
            List<Volume> disks,
            @Nullable SecretPart secret,
            ActorRef<ColdSource.Command> source)
            implements Request {
        public AdmitCold {
            disks = List.copyOf(disks);
        }
    }

    /** Has this host claim a VM whose host is silent. It serves what the ledger then says is its own. */
    public record TakeOver(LedgerCommand.Claim claim, ActorRef<Taken> replyTo) implements Request {}

    /** @param refusal why this host does not own the VM now; empty if it does */
    public record Taken(String refusal) implements Wire {}

    /** @param askedIn the permit's period in which it was read */
    private record LedgerRead(List<VmRecord> vms, long askedIn) implements Command {}

    private record Lost(PermitActor.GivenUp vm) implements Command {}

    private record BroughtUp(String vmId, boolean failed) implements Command {}

    private record Unanswered(LedgerCommand question) implements Command {}

    private record SettleOffers(List<LedgerCommand.Commit> offers) implements Command {}

    private record NotRead(String reason) implements Command {}

    private record LedgerUnreachable(String reason) implements Command {}

    /** A VM that came cold is this host's, with its disks. */
    record ColdArrived(String vmId, boolean start) implements Command {}

    private enum ReadLedger implements Command {
        INSTANCE
    }

    private record Created(Creations.Order order, VmRecord vm) implements Command {}

    private record NotCreated(Creations.Order order, String vmId, Problem problem) implements Command {}

    /** It is known whether the source may migrate to this host. */
    record Vetted(HostArrivals.Arrival arrival, List<String> refusals) implements Command {}

    record AdmissionLookedAt(CheckAdmission request, List<String> machineReasons) implements Command {}

    private record VmEnded(String vmId) implements Command {}

    record ArrivalOverdue(HostArrivals.Arrival arrival) implements Command {}

    private final NodeServices node;
    private final TimerScheduler<Command> timers;
    private final ActorRef<StorageActor.Request> storage;
    private final ActorRef<MaintenanceActor.Command> maintenance;
    private final Map<String, ActorRef<VmActor.Command>> vms = new LinkedHashMap<>();
    private final HostArrivals arrivals;
    private final HostMigrations migrations;
    private final Comeback comeback;
    private final Creations creations;
    private final HostColdMoves coldMoves;
    private boolean reading;
    /** VMs whose actors ended while the ledger is read: what it says of them may be older than that. */
    private final Set<String> endedMeanwhile = new HashSet<>();

    public static Behavior<Command> create(NodeServices node) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> new HostActor(context, timers, node)));
    }

    private HostActor(ActorContext<Command> context, TimerScheduler<Command> timers, NodeServices node) {
        super(context);
        this.node = node;
        this.timers = timers;
        this.arrivals = new HostArrivals(node, context, timers, vms, this::spawn);
        this.migrations = new HostMigrations(node, vms);
        this.comeback = new Comeback(node);
        this.creations = new Creations(node);
        this.coldMoves = new HostColdMoves(node, context, vms);
        ActorRef<PermitActor.GivenUp> lost = context.messageAdapter(PermitActor.GivenUp.class, Lost::new);
        context.spawn(PermitActor.create(node, lost), "permits");
        this.storage = context.spawn(StorageActor.create(node.volumes(), node.vault()), "storage");
        this.maintenance = context.spawn(MaintenanceActor.create(node, context.getSelf()), "maintenance");
        context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
        context.getSelf().tell(ReadLedger.INSTANCE);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(ReadLedger.class, message -> readLedger())
                .onMessage(LedgerRead.class, this::onLedgerRead)
                .onMessage(NotRead.class, this::onNotRead)
                .onMessage(Lost.class, this::onLost)
                .onMessage(BroughtUp.class, this::onBroughtUp)
                .onMessage(Unanswered.class, this::onUnanswered)
                .onMessage(SettleOffers.class, this::onSettleOffers)
                .onMessage(LedgerUnreachable.class, this::onLedgerUnreachable)
                .onMessage(Describe.class, this::onDescribe)
                .onMessage(ReadLoad.class, asked -> after(() -> asked.replyTo().tell(HostLoad.of(node))))
                .onMessage(ReadCpus.class, asked -> after(() -> asked.replyTo().tell(CpusInUse.of(node))))
                .onMessage(ReadAlarms.class, this::onReadAlarms)
                .onMessage(ReadFence.class, asked -> after(() -> asked.replyTo().tell(new FenceKnown(node.hasFence()))))
                .onMessage(CreateVm.class, asked -> create(new Creations.Order(asked.spec(), false, asked.replyTo())))
                .onMessage(
                        CreateAndStartVm.class,
                        asked -> create(new Creations.Order(asked.spec(), true, asked.replyTo())))
                .onMessage(Created.class, this::onCreated)
                .onMessage(NotCreated.class, this::onNotCreated)
                .onMessage(ToVm.class, this::onToVm)
                .onMessage(ToStorage.class, this::onToStorage)
                .onMessage(ToMaintenance.class, this::onToMaintenance)
                .onMessage(Forwarded.class, this::onForwarded)
                .onMessage(ListMigrations.class, request -> after(() -> migrations.list(request)))
                .onMessage(FindMigration.class, request -> after(() -> migrations.find(request)))
                .onMessage(CancelMigration.class, request -> after(() -> migrations.cancel(request)))
                .onMessage(ListLeftovers.class, request -> after(() -> migrations.listLeftovers(request)))
                .onMessage(DiscardLeftover.class, request -> after(() -> migrations.discardLeftover(request)))
                .onMessage(ChangeMigration.class, request -> after(() -> migrations.change(request)))
                .onMessage(ReadParameters.class, request -> after(() -> migrations.readParameters(request)))
                .onMessage(SteerMigration.class, request -> after(() -> migrations.steer(request)))
                .onMessage(CheckAdmission.class, request -> after(() -> arrivals.check(request)))
                .onMessage(Admit.class, request -> after(() -> arrivals.vet(request)))
                .onMessage(TakeOver.class, request -> after(() -> takeOver(request)))
                .onMessage(AdmitCold.class, request -> after(() -> coldMoves.admit(request)))
                .onMessage(ColdArrived.class, this::onColdArrived)
                .onMessage(AdmissionLookedAt.class, seen -> after(() -> arrivals.lookedAt(seen)))
                .onMessage(Vetted.class, vetted -> after(() -> arrivals.vetted(vetted)))
                .onMessage(VmEnded.class, this::onVmEnded)
                .onMessage(ArrivalOverdue.class, overdue -> after(() -> arrivals.overdue(overdue)))
                .build();
    }

    /** Nothing is assumed of what this host owns before the ledger has said it. */
    private Behavior<Command> readLedger() {
        if (reading) {
            timers.startSingleTimer(ReadLedger.INSTANCE, LEDGER_RETRY);
            return this;
        }
        reading = true;
        endedMeanwhile.clear();
        long askedIn = node.permits().period();
        getContext()
                .pipeToSelf(
                        node.ownership().list(),
                        (all, failure) -> failure == null
                                ? new LedgerRead(all, askedIn)
                                : new NotRead(
                                        ProblemException.problemOf(failure).detail()));
        return this;
    }

    private Behavior<Command> onNotRead(NotRead message) {
        reading = false;
        return onLedgerUnreachable(new LedgerUnreachable(message.reason()));
    }

    private Behavior<Command> onLedgerUnreachable(LedgerUnreachable message) {
        getContext().getLog().warn("waiting for the ledger: {}", message.reason());
        timers.startSingleTimer(ReadLedger.INSTANCE, LEDGER_RETRY);
        return this;
    }

    private Behavior<Command> onLedgerRead(LedgerRead read) {
        reading = false;
        List<VmRecord> all = read.vms().stream()
                .filter(vm -> !endedMeanwhile.contains(vm.id()) && !creations.isStarting(vm.id()))
                .toList();
        List<Homecoming.Held> held = node.vault().machines().stream()
                .filter(machine -> !isBusyWith(machine.vmId()))
                .map(machine -> new Homecoming.Held(machine.vmId(), Optional.ofNullable(machine.handedOverIn())))
                .toList();
        Homecoming plan = Homecoming.of(node.ownership().self(), all, held);
        comeback.own(all, read.askedIn());
        for (VmRecord vm : plan.serve()) {
            spawn(vm.id(), VmActor.create(node, vm));
        }
        node.permits().releaseTargets(vmId -> isBusyWith(vmId) || plan.concerns(vmId));
        plan.discard().forEach(node.vault()::close);
        plan.settle().forEach(this::settle);
        if (!plan.offers().isEmpty() && !timers.isTimerActive(OFFER_GRACE)) {
            timers.startSingleTimer(OFFER_GRACE, new SettleOffers(plan.offers()), OFFER_GRACE);
        }
        coldMoves.look(all);
        comeback.questions(all).forEach(this::ask);
        comeback.look(all, node.permits().nowMs());
        bringUp();
        timers.startSingleTimer(ReadLedger.INSTANCE, comeback.untilNextLook());
        return this;
    }

    /** Whether the ledger's answer may be older than what is here of the VM. */
    private boolean isBusyWith(String vmId) {
        return vms.containsKey(vmId) || endedMeanwhile.contains(vmId) || creations.isStarting(vmId);
    }

    private Behavior<Command> onReadAlarms(ReadAlarms request) {
        request.replyTo()
                .tell(new AlarmsRead(node.alarms().list().stream()
                        .map(alarm -> AlarmView.of(node.hostId(), alarm))
                        .toList()));
        return this;
    }

    private Behavior<Command> onColdArrived(ColdArrived arrived) {
        coldMoves.arrived(arrived);
        return readLedger();
    }

    private void ask(LedgerCommand question) {
        getContext()
                .pipeToSelf(
                        node.ownership().settle(question),
                        (answer, failure) -> failure == null ? ReadLedger.INSTANCE : new Unanswered(question));
    }

    private Behavior<Command> onUnanswered(Unanswered unanswered) {
        comeback.notAnswered(unanswered.question());
        return this;
    }

    private void bringUp() {
        for (Optional<VmRecord> next = comeback.next(); next.isPresent(); next = comeback.next()) {
            VmRecord vm = next.get();
            ActorRef<VmActor.Command> actor = spawn(vm.id(), VmActor.create(node, vm));
            CompletionStage<VmActor.Answer> up = AskPattern.ask(
                    actor,
                    replyTo -> new VmMove.BringUp(vm, replyTo),
                    START_LIMIT,
                    getContext().getSystem().scheduler());
            getContext().pipeToSelf(up, (answer, late) -> new BroughtUp(vm.id(), !(answer instanceof VmActor.Done)));
        }
    }

    private Behavior<Command> onBroughtUp(BroughtUp up) {
        comeback.ended(up.vmId(), up.failed(), node.permits().nowMs());
        bringUp();
        return this;
    }

    /** A machine without an actor is ended here; one that the VM was started with since is not what was given up. */
    private Behavior<Command> onLost(Lost lost) {
        String vmId = lost.vm().vmId();
        ActorRef<VmActor.Command> vm = vms.get(vmId);
        if (vm != null) {
            vm.tell(new VmMove.GivenUp(lost.vm().reason()));
        } else {
            node.vault()
                    .find(vmId)
                    .filter(machine -> machine.gate().isForfeited())
                    .ifPresent(machine -> node.vault().close(vmId));
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
        endedMeanwhile.add(ended.vmId());
        node.hosted().leave(ended.vmId());
        if (node.vault().find(ended.vmId()).isPresent()) {
            getContext()
                    .getLog()
                    .warn("the actor of VM {} ended without its machine: it is adopted anew", ended.vmId());
            timers.startSingleTimer(ReadLedger.INSTANCE, LEDGER_RETRY);
        }
        arrivals.left(ended.vmId());
        return this;
    }

    private Behavior<Command> onDescribe(Describe request) {
        request.replyTo().tell(HostView.of(node, vms.size()));
        return this;
    }

    private Behavior<Command> create(Creations.Order order) {
        Creations.Made made = creations.make(order);
        getContext()
                .pipeToSelf(
                        made.recorded(),
                        (vm, failure) -> failure == null
                                ? new Created(order, vm)
                                : new NotCreated(order, made.vmId(), ProblemException.problemOf(failure)));
        return this;
    }

    private Behavior<Command> onCreated(Created created) {
        VmRecord record = created.vm();
        creations.ended(record.id());
        node.events().vm("vm.created", record.id(), "name", record.spec().name());
        ActorRef<VmActor.Answer> replyTo = created.order().replyTo();
        if (created.order().start()) {
            spawn(record.id(), VmActor.createStarting(node, record, replyTo));
        } else {
            spawn(record.id(), VmActor.create(node, record)).tell(new VmActor.Describe(replyTo));
        }
        return this;
    }

    private Behavior<Command> onNotCreated(NotCreated failed) {
        creations.ended(failed.vmId());
        failed.order().replyTo().tell(new VmActor.Rejected(failed.problem()));
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

    private void takeOver(TakeOver request) {
        List<String> objections = node.resources().objections(node.hostId());
        if (!objections.isEmpty()) {
            request.replyTo().tell(new Taken(String.join("; ", objections)));
            return;
        }
        ActorRef<Command> self = getContext().getSelf();
        node.ownership().claim(request.claim()).thenAccept(refusal -> {
            request.replyTo().tell(new Taken(refusal));
            self.tell(ReadLedger.INSTANCE);
        });
    }

    private Behavior<Command> after(Runnable act) {
        act.run();
        return this;
    }
}
