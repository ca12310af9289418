package io.godwit.actors.cluster;

import io.godwit.actors.ledger.JoinLine;
import io.godwit.control.join.ClusterNode;
import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinTimes;
import io.godwit.control.join.Seeker;
import io.godwit.control.join.Seeker.Action;
import io.godwit.control.join.Seeker.Membership;
import io.godwit.kvm.linux.BoottimeClock;
import java.time.Duration;
import java.util.ArrayList;
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
import org.apache.pekko.cluster.MemberStatus;
import org.apache.pekko.cluster.UniqueAddress;
import org.apache.pekko.cluster.typed.Subscribe;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Has a node join the cluster: through the seeds, through hosts that it was in a cluster with before, and by the addresses
 * that the ledger's leader names. Who forms a cluster where there is none is the leader's word too, so that hosts that are
 * cut off from its majority form none, which would stay one when the network is whole again. {@link Seeker} decides.
 */
final class Joining extends AbstractBehavior<Joining.Command> {
    private static final Logger LOG = LoggerFactory.getLogger(Joining.class);
    private static final Duration LOOK = Duration.ofMillis(500);
    /** While it is in a cluster: half of how often it tells the leader so. What membership tells meanwhile is seen at once. */
    private static final Duration LOOK_INSIDE = Duration.ofMillis(JoinTimes.DEFAULT.tellMs() / 2);

    private static final String PROTOCOL = "pekko://";

    /** What happened, of what concerns joining. */
    sealed interface Command {}

    private enum Look implements Command {
        LOOK
    }

    /** @param answer null where no leader answered */
    private record Answered(@Nullable JoinAnswer answer, long sentMs) implements Command {}

    private final TimerScheduler<Command> timers;
    private final Cluster cluster;
    private final JoinLine line;
    private final Set<Address> met;
    private final Address self;
    private final Seeker seeker;
    private final boolean returns;
    private boolean begunAnew;

    /** @param met kept up here: the other members as this node last knew them, in whichever of its actor systems */
    static void start(ActorSystem<?> system, ClusterSettings settings, JoinLine line, Set<Address> met) {
        Behavior<Command> joining = Behaviors.setup(
                context -> Behaviors.withTimers(timers -> new Joining(context, timers, settings, line, met)));
        system.systemActorOf(joining, "joining", Props.empty());
    }

    private Joining(
            ActorContext<Command> context,
            TimerScheduler<Command> timers,
            ClusterSettings settings,
            JoinLine line,
            Set<Address> met) {
        super(context);
        this.timers = timers;
        this.line = line;
        this.met = met;
        cluster = Cluster.get(Adapter.toClassic(context.getSystem()));
        self = cluster.selfAddress();
        returns = !met.isEmpty();
        List<Address> seeds = settings.seeds().stream()
                .map(seed -> address(settings.clusterName() + "@" + seed))
                .toList();
        Set<Address> others = new LinkedHashSet<>(seeds);
        others.addAll(met);
        others.remove(self);
        seeker = new Seeker(
                JoinTimes.DEFAULT,
                new Seeker.Start(
                        node(cluster.selfUniqueAddress()),
                        others.stream().map(Address::hostPort).toList(),
                        seeds.get(0).equals(self),
                        returns));
        if (!others.isEmpty()) {
            cluster.joinSeedNodes(List.copyOf(others));
        }
        org.apache.pekko.cluster.typed.Cluster.get(context.getSystem())
                .subscriptions()
                .tell(Subscribe.create(context.messageAdapter(MemberUp.class, up -> Look.LOOK), MemberUp.class));
        context.getSelf().tell(Look.LOOK);
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessageEquals(Look.LOOK, this::onLook)
                .onMessage(Answered.class, this::onAnswered)
                .build();
    }

    private Behavior<Command> onLook() {
        List<Member> members = StreamSupport.stream(cluster.state().getMembers().spliterator(), false)
                .toList();
        rememberMet(members);
        Membership membership = membership(members);
        seeker.look(membership, BoottimeClock.nowMs()).forEach(this::act);
        timers.startSingleTimer(Look.LOOK, membership.inside() ? LOOK_INSIDE : LOOK);
        return this;
    }

    private void rememberMet(List<Member> members) {
        List<Address> now = members.stream()
                .map(Member::address)
                .filter(address -> !address.equals(self))
                .toList();
        if (!now.isEmpty() && !begunAnew) {
            met.addAll(now);
            met.retainAll(now);
        }
    }

    private Membership membership(List<Member> members) {
        List<Member> up = new ArrayList<>(members.stream().filter(Joining::isUp).toList());
        up.sort((one, other) -> one.isOlderThan(other) ? -1 : other.isOlderThan(one) ? 1 : 0);
        Set<Member> unreachable = cluster.state().getUnreachable();
        return new Membership(
                members.stream().anyMatch(member -> member.uniqueAddress().equals(cluster.selfUniqueAddress())),
                up.stream().map(member -> node(member.uniqueAddress())).toList(),
                (int) up.stream()
                        .filter(member -> !unreachable.contains(member))
                        .count());
    }

    private static boolean isUp(Member member) {
        return member.status() == MemberStatus.up() || member.status() == MemberStatus.leaving();
    }

    private Behavior<Command> onAnswered(Answered answered) {
        JoinAnswer answer = answered.answer();
        if (answer == null) {
            seeker.unanswered(BoottimeClock.nowMs());
        } else {
            seeker.answered(answer, answered.sentMs(), BoottimeClock.nowMs()).forEach(this::act);
        }
        return this;
    }

    private void act(Action action) {
        if (begunAnew) {
            return;
        } else if (action instanceof Action.Ask ask) {
            long sentMs = BoottimeClock.nowMs();
            getContext().pipeToSelf(line.ask(ask.question()), (answer, failure) -> new Answered(answer, sentMs));
        } else if (action instanceof Action.JoinBy by) {
            cluster.joinSeedNodes(addresses(by.addresses()));
        } else if (action instanceof Action.FormUnless form) {
            form(form.others());
        } else if (action instanceof Action.BeginAnew anew) {
            beginAnew(anew);
        }
    }

    /** Pekko asks the others once more, and has the first of the list join itself where none of them is in a cluster. */
    private void form(List<String> others) {
        if (returns) {
            LOG.warn("none of {} is in a cluster that would have this host, {}: it may form one", others, self);
        }
        List<Address> all = new ArrayList<>(List.of(self));
        all.addAll(addresses(others));
        cluster.joinSeedNodes(all);
    }

    private void beginAnew(Action.BeginAnew anew) {
        begunAnew = true;
        LOG.warn("host {} leaves its cluster and joins again: {} {}", self, anew.reason(), anew.addresses());
        met.addAll(addresses(anew.addresses()));
        met.remove(self);
        getContext().getSystem().terminate();
    }

    private static ClusterNode node(UniqueAddress node) {
        return new ClusterNode(node.address().hostPort(), node.longUid());
    }

    private static List<Address> addresses(List<String> hostPorts) {
        return hostPorts.stream().map(Joining::address).toList();
    }

    /** @param hostPort as {@link Address#hostPort} gives it: {@code cluster@host:port} */
    private static Address address(String hostPort) {
        return AddressFromURIString.parse(PROTOCOL + hostPort);
    }
}
