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

    public void vm(String kind, String vmId, String... details) {
        publish(kind, vmId, null, details);
    }

    public void host(String kind, String... details) {
        publish(kind, null, null, details);
    }

    public void migration(String kind, String vmId, String migrationId, String... details) {
        publish(kind, vmId, migrationId, details);
    }

    /** Details are names and values in turn. */
    private void publish(String kind, @Nullable String vmId, @Nullable String migrationId, String... details) {
        TreeMap<String, String> named = new TreeMap<>();
        for (int i = 0; i + 1 < details.length; i += 2) {
            named.put(details[i], details[i + 1]);
        }
        topic.tell(Topic.publish(new ClusterEvent(System.currentTimeMillis(), kind, host, vmId, migrationId, named)));
    }
}
