package io.godwit.actors.cluster;

import io.godwit.actors.tls.PeerProbe;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.cluster.Cluster;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Says why a node does not become a member when a certificate, or the lack of one, is the reason. Pekko only repeats
 * that it cannot join. Dials the seeds from a thread of its own, and ends when the node is up or its actor system down.
 */
final class JoinWatch implements Runnable {
    private static final Logger LOG = LoggerFactory.getLogger(JoinWatch.class);
    /** By then a node has joined a cluster that would have it. */
    private static final Duration FIRST_LOOK = Duration.ofSeconds(7);

    private static final Duration LONGEST_PAUSE = Duration.ofMinutes(1);

    private final ClusterSettings settings;
    private final CountDownLatch over = new CountDownLatch(1);

    private JoinWatch(ClusterSettings settings) {
        this.settings = settings;
    }

    static void start(ActorSystem<?> system, ClusterSettings settings) {
        JoinWatch watch = new JoinWatch(settings);
        Cluster.get(Adapter.toClassic(system)).registerOnMemberUp(watch.over::countDown);
        system.getWhenTerminated().whenComplete((done, failure) -> watch.over.countDown());
        Thread thread = new Thread(watch, "godwit-join-watch");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void run() {
        Duration pause = FIRST_LOOK;
        try {
            while (!over.await(pause.toMillis(), TimeUnit.MILLISECONDS)) {
                settings.seeds().stream()
                        .filter(seed -> !seed.equals(self()))
                        .map(this::refusal)
                        .flatMap(Optional::stream)
                        .forEach(reason -> LOG.warn("host {} cannot join the cluster: {}", settings.hostId(), reason));
                pause = pause.multipliedBy(2).compareTo(LONGEST_PAUSE) < 0 ? pause.multipliedBy(2) : LONGEST_PAUSE;
            }
        } catch (InterruptedException ending) {
            Thread.currentThread().interrupt();
        }
    }

    private String self() {
        return settings.bindHost() + ':' + settings.port();
    }

    private Optional<String> refusal(String seed) {
        int colon = seed.lastIndexOf(':');
        String host = seed.substring(0, colon).replaceAll("^\\[|]$", "");
        PeerProbe.Finding finding = PeerProbe.dial(host, Integer.parseInt(seed.substring(colon + 1)), settings.tls());
        return finding instanceof PeerProbe.Refused refused ? Optional.of(refused.reason()) : Optional.empty();
    }
}
