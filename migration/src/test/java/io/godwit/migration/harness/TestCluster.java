package io.godwit.migration.harness;

import io.godwit.config.MigrationSettings;
import io.godwit.migration.IncomingContext;
import io.godwit.migration.IncomingMigration;
import io.godwit.migration.OutgoingContext;
import io.godwit.migration.OutgoingMigration;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.stream.IncomingSettings;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.vmm.Machine;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.Materializer;
import org.apache.pekko.stream.SystemMaterializer;

/** Two nodes in this JVM, with a media driver each, that migrate to each other over loopback. */
public final class TestCluster implements AutoCloseable {
    public static final String LOOPBACK = "127.0.0.1";

    private final ActorSystem system = ActorSystem.create("migration-test");
    private final TestNode source = new TestNode();
    private final TestNode target = new TestNode();

    public TestNode source() {
        return source;
    }

    public TestNode target() {
        return target;
    }

    public Materializer materializer() {
        return SystemMaterializer.get(system).materializer();
    }

    /** Both halves of one migration. */
    public record Halves(OutgoingMigration outgoing, SourceOwner source, IncomingMigration incoming, TargetOwner target)
            implements AutoCloseable {
        public void start() {
            outgoing.start();
        }

        @Override
        public void close() {
            outgoing.close();
            incoming.close();
            await(outgoing.closed());
            await(incoming.closed());
        }
    }

    public Halves migration(Machine from, Machine to, MigrationSettings settings) {
        return migration(from, to, settings, new SourceOwner(from), UnaryOperator.identity());
    }

    public Halves migration(
            Machine from,
            Machine to,
            MigrationSettings settings,
            SourceOwner owner,
            UnaryOperator<OutgoingContext> adapt) {
        UUID id = UUID.randomUUID();
        TargetOwner targetOwner = new TargetOwner();
        IncomingMigration incoming = incoming(id, to, settings, targetOwner);
        OutgoingMigration outgoing = outgoing(id, from, await(incoming.endpoints()), settings, owner, adapt);
        return new Halves(outgoing, owner, incoming, targetOwner);
    }

    public IncomingSettings incomingSettings(UUID id, Duration connectTimeout) {
        return IncomingSettings.on(id, LOOPBACK).withConnectTimeout(connectTimeout);
    }

    public IncomingMigration incoming(UUID id, Machine to, MigrationSettings settings, TargetOwner owner) {
        return new IncomingMigration(IncomingContext.of(
                to,
                target.transport(),
                IncomingSettings.on(id, LOOPBACK).withLanes(settings.lanes().channels()),
                settings.verify(),
                owner));
    }

    public OutgoingMigration outgoing(
            UUID id,
            Machine from,
            List<StreamEndpoint> endpoints,
            MigrationSettings settings,
            SourceOwner owner,
            UnaryOperator<OutgoingContext> adapt) {
        OutgoingMigration outgoing = new OutgoingMigration(adapt.apply(OutgoingContext.of(
                from, source.transport(), OutgoingSettings.to(id, endpoints), settings, materializer(), owner)));
        owner.owns(outgoing);
        return outgoing;
    }

    public static <T> T await(CompletionStage<T> stage) {
        return stage.toCompletableFuture()
                .orTimeout(SourceOwner.DEADLINE_S, TimeUnit.SECONDS)
                .join();
    }

    @Override
    public void close() {
        source.close();
        target.close();
        system.terminate();
        await(system.getWhenTerminated());
    }
}
