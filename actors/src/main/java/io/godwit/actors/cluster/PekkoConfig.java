package io.godwit.actors.cluster;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigFactory;
import io.godwit.actors.tls.ArteryTls;
import io.godwit.actors.tls.NodeTls;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.pekko.actor.BootstrapSetup;
import org.apache.pekko.actor.setup.ActorSystemSetup;

/** Pekko's configuration for a node: what is fixed is in {@code godwit-pekko.conf}, what differs is set here. */
final class PekkoConfig {
    private PekkoConfig() {}

    /** What the node's actor systems are created with. */
    static ActorSystemSetup setup(ClusterSettings settings) {
        ActorSystemSetup setup = ActorSystemSetup.create(BootstrapSetup.create(of(settings)));
        NodeTls tls = settings.tls();
        return tls == null ? setup : setup.withSetup(ArteryTls.setup(tls));
    }

    static Config of(ClusterSettings settings) {
        Map<String, Object> values = new HashMap<>();
        values.put("pekko.remote.artery.canonical.hostname", settings.bindHost());
        values.put("pekko.remote.artery.canonical.port", settings.port());
        values.put("pekko.remote.artery.transport", settings.tls() == null ? "tcp" : "tls-tcp");
        values.put("pekko.cluster.roles", List.of(HostRegistry.ROLE_PREFIX + settings.hostId()));
        values.put(
                "pekko.cluster.split-brain-resolver.stable-after",
                settings.stableAfter().toMillis() + "ms");
        return ConfigFactory.parseMap(values, "settings of host " + settings.hostId())
                .withFallback(ConfigFactory.parseResources(PekkoConfig.class, "/godwit-pekko.conf"))
                .withFallback(ConfigFactory.defaultReference())
                .resolve();
    }
}
