package io.godwit.node.http;

import io.godwit.actors.cluster.ClusterEvent;
import org.apache.pekko.NotUsed;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.Props;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.apache.pekko.japi.Pair;
import org.apache.pekko.stream.BoundedSourceQueue;
import org.apache.pekko.stream.OverflowStrategy;
import org.apache.pekko.stream.javadsl.BroadcastHub;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;

/** One subscription to the cluster's events, shared by all readers of this gateway. */
public final class EventFeed {
    private static final int BUFFER = 256;

    private final Source<ClusterEvent, NotUsed> hub;

    private EventFeed(Source<ClusterEvent, NotUsed> hub) {
        this.hub = hub;
    }

    /** Subscribes for as long as the actor system lives. */
    public static EventFeed start(ActorSystem<?> system, ActorRef<Topic.Command<ClusterEvent>> topic) {
        Pair<BoundedSourceQueue<ClusterEvent>, Source<ClusterEvent, NotUsed>> ends = Source.<ClusterEvent>queue(BUFFER)
                .toMat(BroadcastHub.of(ClusterEvent.class, BUFFER), Keep.both())
                .run(system);
        ends.second().runWith(Sink.ignore(), system); // a hub without readers would stop taking events
        system.systemActorOf(subscriber(topic, ends.first()), "gateway-events", Props.empty());
        return new EventFeed(ends.second());
    }

    private static Behavior<ClusterEvent> subscriber(
            ActorRef<Topic.Command<ClusterEvent>> topic, BoundedSourceQueue<ClusterEvent> queue) {
        return Behaviors.setup(context -> {
            topic.tell(Topic.subscribe(context.getSelf()));
            return Behaviors.receiveMessage(event -> {
                queue.offer(event);
                return Behaviors.same();
            });
        });
    }

    /** Events from now on. A reader too slow for them misses the oldest and holds up nobody. */
    public Source<ClusterEvent, NotUsed> events() {
        return hub.buffer(BUFFER, OverflowStrategy.dropHead());
    }
}
