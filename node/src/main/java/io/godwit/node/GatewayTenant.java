package io.godwit.node;

import io.godwit.actors.cluster.NodeGuardian;
import io.godwit.actors.cluster.NodeSystem;
import io.godwit.actors.voters.VoterServices;
import io.godwit.config.HostPort;
import io.godwit.config.NodeConfig;
import io.godwit.node.http.ClusterAccess;
import io.godwit.node.http.EventFeed;
import io.godwit.node.http.Gateway;
import io.godwit.node.qmp.QmpCommands;
import io.godwit.node.qmp.QmpServer;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** The gateway, once in each actor system that the node goes through, always at the same address. */
final class GatewayTenant implements NodeSystem.Tenant, AutoCloseable {
    private static final long PATIENCE_S = 10;

    private final NodeConfig config;
    private final HostPort address;
    private final VoterServices voters;
    private final NodeMetrics metrics;
    private final Path qmpSockets;
    private @Nullable Gateway gateway;
    private @Nullable QmpServer qmp;

    /** @param qmpSockets the directory of the VMs' sockets, in this host's state directory */
    GatewayTenant(NodeConfig config, HostPort address, VoterServices voters, NodeMetrics metrics, Path qmpSockets) {
        this.config = config;
        this.address = address;
        this.voters = voters;
        this.metrics = metrics;
        this.qmpSockets = qmpSockets;
    }

    @Override
    public synchronized void start(ActorSystem<?> system, NodeGuardian.Started started) {
        EventFeed events = EventFeed.start(system, started.events());
        ActorClusterAccess cluster = new ActorClusterAccess(config, system, started, voters, events);
        try {
            QmpCommands commands = new QmpCommands(cluster);
            serveQmp(system, started, cluster, commands);
            gateway = Gateway.start(system, address, cluster, commands::answer, metrics.registry())
                    .toCompletableFuture()
                    .get(PATIENCE_S, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new NodeStartException("interrupted while the gateway starts", interrupted);
        } catch (ExecutionException | TimeoutException failed) {
            throw new NodeStartException("the API cannot listen on " + address + ": " + failed.getMessage(), failed);
        }
    }

    /** The sockets of an actor system that ended are closed: their VMs' actors, and all answers, are the new one's. */
    private void serveQmp(
            ActorSystem<?> system, NodeGuardian.Started started, ClusterAccess cluster, QmpCommands commands) {
        if (qmp != null) {
            qmp.close();
        }
        QmpServer server = QmpServer.start(qmpSockets, started.hosted(), commands);
        qmp = server;
        cluster.events()
                .filter(event -> event.host().equals(config.host().name()))
                .runForeach(server::publish, system);
    }

    @Override
    public synchronized void close() {
        if (qmp != null) {
            qmp.close();
            qmp = null;
        }
        if (gateway != null) {
            gateway.stop()
                    .toCompletableFuture()
                    .orTimeout(PATIENCE_S, TimeUnit.SECONDS)
                    .join();
            gateway = null;
        }
    }
}
