package io.godwit.actors.recovery;

import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.cluster.NodeServices;
import io.godwit.actors.cluster.Scene;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.ledger.LeaderView.Contact;
import io.godwit.actors.ledger.LeaderView.Leading;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.placement.ClusterPicture;
import io.godwit.actors.serialization.Wire;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.LedgerCommand.Claim;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.FenceBook;
import io.godwit.control.recovery.HostChooser;
import io.godwit.control.recovery.RecoverableVm;
import io.godwit.control.recovery.Recovery;
import io.godwit.control.recovery.RecoveryBook;
import io.godwit.control.recovery.RecoveryPlanner;
import io.godwit.control.recovery.RecoveryStep;
import io.godwit.control.recovery.RescuePlanner;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.jspecify.annotations.Nullable;

/**
 * Recovery beside a voter. While that leads, it looks each second for VMs whose host is silent, has
 * {@link RecoveryPlanner} say what to do about them, and has that done: by the hosts that were chosen, which claim the VMs
 * and start them, and by the fence. It remembers nothing that the next leader could not find out.
 *
 * <p>For a dispatcher that may block: the voter's state is behind a lock.
 */
public final class RecoveryActor extends AbstractBehavior<RecoveryActor.Command> {
    public static final ServiceKey<Command> KEY = ServiceKey.create(Command.class, "godwit-recovery");

    /** VMs that are claimed and started at a time in the whole cluster. */
    static final int MAX_STARTS = 4;

    private static final Duration LOOK = Duration.ofSeconds(2);
    private static final Duration CLAIM_PATIENCE = Duration.ofSeconds(12);
    private static final Duration VIEW_PATIENCE = Duration.ofSeconds(1);
    private static final long NO_TERM = -1;

    public sealed interface Command {}

    /** What other nodes may ask. */
    public sealed interface Request extends Command, Wire {}

    public record ListRecoveries(ActorRef<Recoveries> replyTo) implements Request {}

    /**
     * @param leads whether the voter leads: another's answer is empty
     * @param keeping names of hosts whose VMs are not started elsewhere without an operator's word
     */
    public record Recoveries(boolean leads, List<RecoveryView> recoveries, List<String> keeping) implements Wire {
        public Recoveries {
            recoveries = List.copyOf(recoveries);
            keeping = List.copyOf(keeping);
        }
    }

    /**
     * Takes a VM whose host is dead to another now, whatever is wanted of it.
     *
     * @param migrationId by which it is known
     * @param target null for the best host that there is
     * @param autoStart whether one that is off is started there
     */
    public record Rescue(
            String migrationId, String vmId, @Nullable String target, boolean autoStart, ActorRef<RescueAnswer> replyTo)
            implements Request {}

    /**
     * @param leads whether the voter leads: another does nothing
     * @param refusal why it is not done; empty if the VM is another host's now
     * @param rescue null where it is refused
     */
    public record RescueAnswer(
            boolean leads, String refusal, @Nullable MigrationView rescue) implements Wire {}

    private enum Look implements Command {
        INSTANCE
    }

    private record Seen(Leading leading, Scene scene) implements Command {}

    private record RescueSeen(Rescue request, Leading leading, Scene scene, Set<String> members) implements Command {}

    private record NotSeen(String reason) implements Command {}

    private record Claimed(String vmId, String refusal) implements Command {}

    private record Told(String vmId, boolean runs, String detail) implements Command {}

    private record Fenced(HostIdentity host, Optional<String> failure) implements Command {}

    private final NodeServices node;
    private final RecoveryServices services;
    private long term = NO_TERM;
    private FenceBook fences;
    private RecoveryBook book;
    private final Rescues rescues;
    private boolean looking;

    public static Behavior<Command> create(NodeServices node, RecoveryServices services) {
        return Behaviors.setup(context -> Behaviors.withTimers(timers -> {
            timers.startTimerWithFixedDelay(Look.INSTANCE, LOOK);
            context.getSystem().receptionist().tell(Receptionist.register(KEY, context.getSelf()));
            return new RecoveryActor(context, node, services);
        }));
    }

    private RecoveryActor(ActorContext<Command> context, NodeServices node, RecoveryServices services) {
        super(context);
        this.node = node;
        this.services = services;
        this.fences = new FenceBook(services.fenceRetries());
        this.book = new RecoveryBook(fences);
        this.rescues = new Rescues(node.migrations());
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Look.class, message -> onLook())
                .onMessage(Seen.class, this::onSeen)
                .onMessage(NotSeen.class, this::onNotSeen)
                .onMessage(Claimed.class, this::onClaimed)
                .onMessage(Told.class, this::onTold)
                .onMessage(Fenced.class, this::onFenced)
                .onMessage(ListRecoveries.class, this::onListRecoveries)
                .onMessage(Rescue.class, this::onRescue)
                .onMessage(RescueSeen.class, this::onRescueSeen)
                .build();
    }

    private long nowMs() {
        return services.clockMs().getAsLong();
    }

    private Optional<Leading> leading() {
        Optional<Leading> leading = services.leader().leading();
        long now = leading.map(Leading::term).orElse(NO_TERM);
        if (now != term) {
            term = now;
            fences = new FenceBook(services.fenceRetries());
            book = new RecoveryBook(fences);
            rescues.forget();
        }
        return leading;
    }

    private Behavior<Command> onLook() {
        Optional<Leading> leading = leading();
        if (leading.isPresent() && !looking && (isNeeded(leading.get()) || !book.isIdle())) {
            looking = true;
            look(leading.get());
        }
        return this;
    }

    private static boolean isNeeded(Leading leading) {
        return leading.vms().stream()
                .anyMatch(vm ->
                        vm.desired() == DesiredState.RUNNING && leading.hosts().get(vm.owner()) == Contact.SILENT);
    }

    private void look(Leading leading) {
        getContext()
                .pipeToSelf(
                        node.hosts().list().thenCompose(all -> scene(leading, all)),
                        (scene, failure) -> failure == null
                                ? new Seen(leading, scene)
                                : new NotSeen(String.valueOf(failure.getMessage())));
    }

    private CompletionStage<Scene> scene(Leading leading, Map<String, HostRegistry.Host> all) {
        Set<String> heard = leading.lives().stream()
                .filter(life -> leading.hosts().get(life) == Contact.HEARD)
                .map(HostIdentity::hostId)
                .collect(Collectors.toSet());
        return Scene.look(getContext().getSystem(), all, heard::contains, VIEW_PATIENCE);
    }

    private Behavior<Command> onRescue(Rescue request) {
        Optional<Leading> leading = leading();
        if (leading.isEmpty()) {
            request.replyTo().tell(new RescueAnswer(false, "", null));
            return this;
        }
        CompletionStage<Command> seen = node.hosts()
                .list()
                .thenCompose(all -> scene(leading.get(), all)
                        .thenApply(scene -> new RescueSeen(request, leading.get(), scene, reached(all))));
        getContext().pipeToSelf(seen, (message, failure) -> {
            if (failure != null) {
                refuse(request, "the hosts could not be looked at: " + failure.getMessage());
            }
            return failure == null ? message : Look.INSTANCE;
        });
        return this;
    }

    /** Members that the cluster does not miss. */
    private static Set<String> reached(Map<String, HostRegistry.Host> all) {
        return all.values().stream()
                .filter(host -> host.actor().isPresent())
                .map(HostRegistry.Host::id)
                .collect(Collectors.toSet());
    }

    private static void refuse(Rescue request, String reason) {
        request.replyTo().tell(new RescueAnswer(true, reason, null));
    }

    private Behavior<Command> onRescueSeen(RescueSeen seen) {
        Rescue request = seen.request();
        Leading leading = seen.leading();
        long nowMs = nowMs();
        Optional<RecoverableVm> found = Recoverables.of(leading, seen.scene()).stream()
                .filter(vm -> vm.record().id().equals(request.vmId()))
                .findFirst();
        if (leading.term() != term) {
            request.replyTo().tell(new RescueAnswer(false, "", null));
        } else if (found.isEmpty()) {
            refuse(request, "the ledger has no VM " + request.vmId());
        } else if (book.starting(nowMs).contains(request.vmId())) {
            refuse(request, "its recovery is under way already: see godwit recovery list");
        } else {
            rescue(request, found.get(), seen, nowMs);
        }
        return this;
    }

    private void rescue(Rescue request, RecoverableVm vm, RescueSeen seen, long nowMs) {
        RecoveryStep step = RescuePlanner.plan(
                new RescuePlanner.Rescued(vm, Rescues.localDisk(vm.record(), seen.scene())),
                hosts(seen.leading()),
                seen.members()::contains,
                Rescues.chooser(request, seen.leading(), seen.scene(), RecoveryActor::objection),
                UUID.randomUUID().toString());
        if (step instanceof RecoveryStep.Start start) {
            rescues.begin(request, vm.record(), start.claim());
            publish(book.rescued(start, vm.record(), nowMs));
            claim(start.claim(), seen.scene());
        } else if (step instanceof RecoveryStep.Fence fence) {
            carryOut(fence, seen.scene(), nowMs);
            refuse(request, fences.describe(fence.holder(), fence.pool()) + "; ask again when it has succeeded");
        } else {
            refuse(request, ((RecoveryStep.Wait) step).reason());
        }
    }

    private Behavior<Command> onNotSeen(NotSeen message) {
        looking = false;
        getContext().getLog().warn("recovery could not look at the hosts: {}", message.reason());
        return this;
    }

    private Behavior<Command> onSeen(Seen seen) {
        looking = false;
        Leading leading = seen.leading();
        if (leading.term() != term) {
            return this;
        }
        fences.heard(host -> leading.hosts().get(host) == Contact.HEARD).ifPresent(this::reportLiar);
        long nowMs = nowMs();
        Map<String, VmRecord> records =
                leading.vms().stream().collect(Collectors.toMap(VmRecord::id, Function.identity()));
        List<RecoveryStep> steps = RecoveryPlanner.plan(
                Recoverables.of(leading, seen.scene()),
                hosts(leading),
                book.starting(nowMs),
                MAX_STARTS,
                heirs(leading, seen.scene()),
                () -> UUID.randomUUID().toString());
        book.planned(steps, records, nowMs).forEach(this::publish);
        steps.forEach(step -> carryOut(step, seen.scene(), nowMs));
        book.list().stream()
                .filter(one -> one.state() == Recovery.State.STARTING)
                .forEach(one -> ask(one, seen.scene()));
        return this;
    }

    /** Of the hosts that ask the leader for permits; whether they are members of anything does not matter. */
    private static HostChooser heirs(Leading leading, Scene scene) {
        Set<String> asking = leading.lives().stream().map(HostIdentity::hostId).collect(Collectors.toSet());
        return ClusterPicture.of(asking, scene, leading.vms()).chooser(host -> objection(leading, host));
    }

    /** The ledger refuses what a host under maintenance claims: who reads why a VM waits is to read that. */
    private static String objection(Leading leading, HostIdentity host) {
        if (!leading.lives().contains(host)) {
            return "it has just begun anew";
        } else if (leading.hosts().get(host) != Contact.HEARD) {
            return "it has no permit now";
        }
        return leading.maintenance()
                .getOrDefault(host.hostId(), HostMaintenance.State.ACTIVE)
                .objection();
    }

    private RecoveryPlanner.Hosts hosts(Leading leading) {
        return new RecoveryPlanner.Hosts(
                host -> leading.hosts().get(host) == Contact.HEARD,
                host -> leading.hosts().get(host) == Contact.SILENT,
                fences::isFenced,
                leading.confirmedDead()::contains,
                host -> leading.lives().stream()
                        .anyMatch(life -> life.hostId().equals(host.hostId())
                                && !life.equals(host)
                                && leading.hosts().get(life) == Contact.HEARD),
                host -> !leading.keeping().contains(host.hostId()));
    }

    private void reportLiar(HostIdentity host) {
        getContext()
                .getLog()
                .error(
                        "host {} (incarnation {}) asks for a permit though its fence said that it was off: mend the fence",
                        host.hostId(),
                        host.incarnation());
        node.events().host("host.fence-lied", "host", host.hostId(), "incarnation", host.incarnation());
    }

    private void carryOut(RecoveryStep step, Scene scene, long nowMs) {
        if (step instanceof RecoveryStep.Start start) {
            claim(start.claim(), scene);
        } else if (step instanceof RecoveryStep.Fence fence && fences.begin(fence.holder(), nowMs)) {
            HostIdentity holder = fence.holder();
            node.events().host("host.fencing", "host", holder.hostId(), "pool", fence.pool());
            getContext()
                    .pipeToSelf(
                            services.fencer().fence(holder),
                            (failure, broken) ->
                                    new Fenced(holder, broken == null ? failure : Optional.of(String.valueOf(broken))));
        }
    }

    private void claim(Claim claim, Scene scene) {
        String to = claim.owner().hostId();
        Optional<Scene.Host> host = scene.host(to);
        if (host.isEmpty()) {
            getContext().getSelf().tell(new Claimed(claim.vmId(), "host \"" + to + "\" does not answer"));
            return;
        }
        getContext()
                .ask(
                        HostActor.Taken.class,
                        host.get().actor(),
                        CLAIM_PATIENCE,
                        replyTo -> new HostActor.TakeOver(claim, replyTo),
                        (taken, failure) -> new Claimed(
                                claim.vmId(),
                                failure == null
                                        ? taken.refusal()
                                        : "host \"" + to + "\" did not say whether it took it"));
    }

    private void ask(Recovery one, Scene scene) {
        scene.host(one.to())
                .ifPresent(host -> getContext()
                        .ask(
                                VmActor.Answer.class,
                                host.actor(),
                                VIEW_PATIENCE,
                                replyTo -> new HostActor.ToVm(
                                        one.vmId(),
                                        rescues.isToStart(one.vmId())
                                                ? new VmActor.Start(replyTo)
                                                : new VmActor.Describe(replyTo)),
                                (answer, failure) -> told(one, answer instanceof VmActor.Done done ? done : null)));
    }

    private static Told told(Recovery one, VmActor.@Nullable Done done) {
        if (done == null) {
            return new Told(one.vmId(), false, one.reason());
        }
        boolean runs = done.vm().status() == VmStatus.RUNNING;
        String detail = done.vm().detail();
        return new Told(
                one.vmId(), runs, "the VM is " + done.vm().status().label() + (detail.isEmpty() ? "" : ": " + detail));
    }

    private Behavior<Command> onClaimed(Claimed claimed) {
        long nowMs = nowMs();
        rescues.claimed(claimed.vmId(), claimed.refusal());
        (claimed.refusal().isEmpty()
                        ? book.claimed(claimed.vmId(), nowMs)
                        : book.refused(claimed.vmId(), claimed.refusal(), nowMs))
                .ifPresent(this::publish);
        return this;
    }

    private Behavior<Command> onTold(Told told) {
        book.told(told.vmId(), told.runs(), told.detail(), nowMs()).ifPresent(this::publish);
        return this;
    }

    private Behavior<Command> onFenced(Fenced fenced) {
        HostIdentity host = fenced.host();
        fences.ended(host, fenced.failure(), nowMs());
        fenced.failure()
                .ifPresentOrElse(
                        why -> {
                            getContext().getLog().warn("host {} could not be fenced: {}", host.hostId(), why);
                            node.events().host("host.fence-failed", "host", host.hostId(), "reason", why);
                        },
                        () -> node.events().host("host.fenced", "host", host.hostId()));
        return this;
    }

    private void publish(Recovery one) {
        rescues.changed(one);
        node.events()
                .vm(
                        "recovery." + one.state().name().toLowerCase(Locale.ROOT),
                        one.vmId(),
                        "recovery",
                        one.id(),
                        "name",
                        one.vmName(),
                        "from",
                        one.from().hostId(),
                        "to",
                        one.to(),
                        "reason",
                        one.reason());
    }

    private Behavior<Command> onListRecoveries(ListRecoveries request) {
        long epochMs = System.currentTimeMillis() - nowMs();
        List<String> keeping = services.leader().leading().map(Leading::keeping).orElse(Set.of()).stream()
                .sorted()
                .toList();
        request.replyTo()
                .tell(new Recoveries(
                        term != NO_TERM,
                        book.list().stream()
                                .map(one -> RecoveryView.of(one, epochMs))
                                .toList(),
                        keeping));
        return this;
    }
}
