package io.godwit.actors.rebalance;

import io.godwit.actors.cluster.ClusterClient;
import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.cluster.Scene;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostLoad;
import io.godwit.actors.migration.MigrationView;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;

/**
 * What the rebalancer saw in one look.
 *
 * @param members names of the cluster's hosts
 * @param loads of those that answered, by name
 * @param migrations asked for only while moves are under way
 */
record Sight(Set<String> members, Scene scene, Map<String, HostLoad> loads, List<MigrationView> migrations) {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    Sight {
        members = Set.copyOf(members);
        loads = Map.copyOf(loads);
        migrations = List.copyOf(migrations);
    }

    /** @param withMigrations whether to ask for them too */
    static CompletionStage<Sight> take(
            ActorSystem<?> system, HostRegistry hosts, ClusterClient client, boolean withMigrations) {
        CompletionStage<List<MigrationView>> migrations =
                withMigrations ? client.migrations() : CompletableFuture.completedStage(List.of());
        return migrations.thenCompose(views -> hosts.list()
                .thenCompose(all -> Scene.look(system, all, name -> true, PATIENCE)
                        .thenCompose(scene -> loads(system, scene)
                                .thenApply(loads -> new Sight(all.keySet(), scene, loads, views)))));
    }

    private static CompletionStage<Map<String, HostLoad>> loads(ActorSystem<?> system, Scene scene) {
        Map<String, HostLoad> found = new ConcurrentHashMap<>();
        CompletableFuture<?>[] asked = scene.hosts().entrySet().stream()
                .map(host -> AskPattern.ask(
                                host.getValue().actor(), HostActor.ReadLoad::new, PATIENCE, system.scheduler())
                        .handle((load, failure) -> failure == null ? found.put(host.getKey(), load) : null)
                        .toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new);
        return CompletableFuture.allOf(asked).thenApply(done -> found);
    }
}
