package io.godwit.actors.cluster;

import java.util.TreeMap;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.pubsub.Topic;
import org.jspecify.annotations.Nullable;

/** Publishes what happens on this host to every node. */
public final class Events {
    public static final String TOPIC = "godwit-events";

    private final String host;
    private final ActorRef<Topic.Command<ClusterEvent>> topic;

    public Events(String host, ActorRef<Topic.Command<ClusterEvent>> topic) {
        this.host = host;
        this.topic = topic;
    }

    /** Details are names and values in turn. */
    public void vm(String kind, String vmId, String... details) {
        publish(event(kind, vmId, null, details));
    }

    /** About the host itself. */
    public void host(String kind, String... details) {
        publish(event(kind, null, null, details));
    }

    /** What happened to a migration, now, to be published by {@link #publish}. Details are names and values in turn. */
    public ClusterEvent ofMigration(String kind, String vmId, String migrationId, String... details) {
        return event(kind, vmId, migrationId, details);
    }

    public void publish(ClusterEvent event) {
        topic.tell(Topic.publish(event));
    }

    private ClusterEvent event(String kind, @Nullable String vmId, @Nullable String migrationId, String... details) {
        TreeMap<String, String> named = new TreeMap<>();
        for (int i = 0; i + 1 < details.length; i += 2) {
            named.put(details[i], details[i + 1]);
        }
        return new ClusterEvent(System.currentTimeMillis(), kind, host, vmId, migrationId, named);
    }
}
