package io.godwit.actors.cluster;

import io.godwit.control.ledger.Ledger;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.AddressFromURIString;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;
import org.apache.pekko.actor.typed.javadsl.TimerScheduler;
import org.apache.pekko.cluster.Cluster;
import org.apache.pekko.cluster.ClusterEvent.MemberUp;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Subscribe;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a node join the cluster: through the seeds, and through hosts that it was in a cluster with before. The first of
 * the seeds forms a cluster where there is none, but asks the ledger first: hosts that are cut off from its majority do
 * not become a cluster of their own, which would stay one when the network is whole again.
 */
final class Joining extends AbstractBehavior<Joining.Command> {
    private static final Logger LOG = LoggerFactory.getLogger(Joining.class);
    private static final Duration LEDGER_RETRY = Duration.ofSeconds(1);
    /**
     * For so long a node that was in a cluster looks for it from when the ledger answers, before it forms another. Longer
     * than connections take to come about again behind a cut that was mended.
     */
    static final Duration PATIENCE = Duration.ofSeconds(30);

    /** What happened, of what concerns joining. */
    enum Command {
        MEMBERS_CHANGED,
        ASK_LEDGER,
        LEDGER_ANSWERED,
        LEDGER_SILENT
    }

    private final Cluster cluster;
    private final TimerScheduler<Command> timers;
    private final Ledger ledger;
    private final Set<Address> met;
    private final Address self;
    private final Set<Address> others = new LinkedHashSet<>();
    private final boolean returns;
    private boolean answered;
    private boolean over;

    /** @param met kept up here: the other members as this node last knew them, in whichever of its actor systems */
    static void start(ActorSystem<?> system, ClusterSettings settings, Ledger ledger, Set<Address> met) {
        Behavior<Command> joining = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new Joining(context, timers, settings, ledger, met)));
        system.systemActorOf(joining, "joining", Props.empty());
    }

    private Joining(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            ClusterSettings settings,
            Ledger ledger,
            Set<Address> met) {
        super(context);
        this.timers = timers;
        this.ledger = ledger;
        this.met = met;
        cluster = Cluster.get(Adapter.toClassic(context.getSystem()));
        self = cluster.selfAddress();
        returns = !met.isEmpty();
        List<Address> seeds = settings.seeds().stream()
                .map(seed -> AddressFromURIString.parse("pekko://" + settings.clusterName() + "@" + seed))
                .toList();
        others.addAll(seeds);
        others.addAll(met);
        others.remove(self);
        org.apache.pekko.cluster.typed.Cluster.get(context.getSystem())
                .subscriptions()
                .tell(Subscribe.create(
                        context.messageAdapter(MemberUp.class, up -> Command.MEMBERS_CHANGED), MemberUp.class));
        if (others.isEmpty()) {
            cluster.join(self);
        } else {
            cluster.joinSeedNodes(List.copyOf(others));
            if (seeds.get(0).equals(self)) {
                context.getSelf().tell(Command.ASK_LEDGER);
            }
        }
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessageEquals(Command.MEMBERS_CHANGED, this::onMembersChanged)
                .onMessageEquals(Command.ASK_LEDGER, this::onAskLedger)
                .onMessageEquals(Command.LEDGER_ANSWERED, this::onLedgerAnswered)
                .onMessageEquals(Command.LEDGER_SILENT, this::onLedgerSilent)
                .build();
    }

    private Behavior<Command> onMembersChanged() {
        over = true;
        Set<Address> now = new LinkedHashSet<>();
        StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .map(Member::address)
                .filter(address -> !address.equals(self))
                .forEach(now::add);
        if (!now.isEmpty()) {
            met.addAll(now);
            met.retainAll(now);
        }
        return this;
    }

    /** Any read does: it is answered where a majority of the voters is. */
    private Behavior<Command> onAskLedger() {
        if (!over) {
            getContext()
                    .pipeToSelf(
                            ledger.clusterParameters(),
                            (read, failure) -> failure == null ? Command.LEDGER_ANSWERED : Command.LEDGER_SILENT);
        }
        return this;
    }

    private Behavior<Command> onLedgerSilent() {
        answered = false;
        timers.startSingleTimer(Command.ASK_LEDGER, LEDGER_RETRY);
        return this;
    }

    private Behavior<Command> onLedgerAnswered() {
        if (over) {
            return this;
        } else if (returns && !answered) {
            answered = true;
            timers.startSingleTimer(Command.ASK_LEDGER, PATIENCE);
        } else {
            form();
        }
        return this;
    }

    /** Pekko asks the others once more, and has the first of the list join itself where none of them is in a cluster. */
    private void form() {
        if (returns) {
            LOG.warn("none of {} is in a cluster that would have this host, {}: it forms one", others, self);
        }
        Set<Address> all = new LinkedHashSet<>(Set.of(self));
        all.addAll(others);
        cluster.joinSeedNodes(List.copyOf(all));
    }
}
