package io.godwit.actors.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.RaftClientReply;
import org.apache.ratis.protocol.exceptions.RaftException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ClientHolderTest {
    /** Longer than this test. */
    private static final long LEAST_AGE_MS = 120_000;

    private static final long PATIENT_MS = 10_000;
    private static final Duration SOON = Duration.ofSeconds(30);

    private final AtomicInteger opened = new AtomicInteger();
    private final AtomicInteger failing = new AtomicInteger();
    private final ClientHolder clients =
            new ClientHolder("test", LEAST_AGE_MS, this::open, stuck -> {}, this::failUnlessNew);

    @AfterEach
    void close() {
        clients.close();
    }

    @Test
    void shouldKeepAYoungClientThatFailedWhileNothingIsHeardOfTheOtherSide() {
        failing.set(1);
        for (int i = 0; i < 3; i++) {
            assertThatThrownBy(this::send).isInstanceOf(CompletionException.class);
        }
        assertThat(opened).hasValue(1);
    }

    @Test
    void shouldReplaceAYoungClientThatFailedOnceTheOtherSideIsHeardOf() {
        failing.set(1);
        assertThatThrownBy(this::send).isInstanceOf(CompletionException.class);

        await().atMost(SOON).until(() -> {
            clients.heard();
            return clients.send(Message.EMPTY, PATIENT_MS)
                    .handle((reply, failure) -> failure == null)
                    .join();
        });

        assertThat(opened).hasValue(2);
    }

    @Test
    void shouldKeepAClientThatDidNotFailHoweverOftenTheOtherSideIsHeardOf() {
        for (int i = 0; i < 3; i++) {
            send();
            clients.heard();
        }
        send();

        assertThat(opened).hasValue(1);
    }

    private void send() {
        clients.send(Message.EMPTY, PATIENT_MS).join();
    }

    private RaftClient open() {
        int number = opened.incrementAndGet();
        return (RaftClient) Proxy.newProxyInstance(
                RaftClient.class.getClassLoader(),
                new Class<?>[] {RaftClient.class},
                (proxy, method, arguments) -> switch (method.getName()) {
                    case "toString" -> "client " + number;
                    case "hashCode" -> number;
                    case "equals" -> proxy == arguments[0];
                    default -> null;
                });
    }

    /** The first so many clients fail whatever they are given. */
    private CompletableFuture<RaftClientReply> failUnlessNew(RaftClient client, Message message) {
        return client.toString().equals("client " + failing.get())
                ? CompletableFuture.failedFuture(new RaftException("nobody there"))
                : CompletableFuture.completedFuture(null);
    }
}
