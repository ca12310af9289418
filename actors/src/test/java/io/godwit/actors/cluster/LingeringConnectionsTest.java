package io.godwit.actors.cluster;

import static org.assertj.core.api.Assertions.assertThat;

import com.typesafe.config.ConfigFactory;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.apache.pekko.Done;
import org.apache.pekko.actor.CoordinatedShutdown;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.stream.javadsl.Keep;
import org.apache.pekko.stream.javadsl.Sink;
import org.apache.pekko.stream.javadsl.Source;
import org.apache.pekko.stream.javadsl.Tcp;
import org.apache.pekko.util.ByteString;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What of a system's connections does not outlast its termination. */
@Timeout(value = 60)
class LingeringConnectionsTest {
    /** So that it is the abort which ends a connection, as it must while Artery waits for it. */
    private final ActorSystem<Void> system = ActorSystem.create(
            Behaviors.empty(),
            "lingering",
            ConfigFactory.parseString(
                            "pekko.coordinated-shutdown { terminate-actor-system = off, run-by-actor-system-terminate = off }")
                    .withFallback(ConfigFactory.load()));

    @AfterEach
    void stop() {
        system.terminate();
    }

    @Test
    void shouldEndAConnectionWhosePeerNeverAnswersItsClosing() throws Exception {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            CompletableFuture<Done> ended = closedByOneSide((InetSocketAddress) server.getLocalSocketAddress());
            try (Socket silent = server.accept()) {
                assertThat(silent.getInputStream().read())
                        .as("its closing has arrived")
                        .isEqualTo(-1);
                assertThat(ended).as("ended without the peer").isNotDone();
                LingeringConnections.abortWhenTerminating(system);

                CoordinatedShutdown.get(system).runAll(CoordinatedShutdown.unknownReason());

                ended.handle((done, aborted) -> Done.getInstance()).get(30, TimeUnit.SECONDS);
            }
        }
    }

    private CompletableFuture<Done> closedByOneSide(InetSocketAddress peer) {
        boolean halfClose = true;
        return Source.<ByteString>empty()
                .via(Tcp.get(system)
                        .outgoingConnection(
                                peer, Optional.empty(), List.of(), halfClose, Optional.empty(), Optional.empty()))
                .toMat(Sink.ignore(), Keep.right())
                .run(system)
                .toCompletableFuture();
    }
}
