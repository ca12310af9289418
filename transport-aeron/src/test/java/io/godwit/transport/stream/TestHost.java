package io.godwit.transport.stream;

import io.godwit.transport.PageRange;
import io.godwit.transport.RoundSent;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.driver.DriverSettings;
import io.godwit.transport.driver.MediaDriverPool;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;

/** One node's transport in a directory of its own, and the few steps that most tests share. */
final class TestHost implements AutoCloseable {
    static final Duration LIVENESS = Duration.ofSeconds(1);
    static final long DEADLINE_S = 20;

    /** Where this test's drivers live, apart from other nodes of this machine, which delete what the dead leave. */
    static final String BASE_PROPERTY = "godwit.test.drivers";

    static final Path BASE = base();
    private static final AtomicInteger NUMBER = new AtomicInteger();

    final Path directory;
    final PageTransport transport;

    TestHost() {
        this(fresh());
    }

    private static Path base() {
        Path base = Path.of(System.getProperty(
                BASE_PROPERTY,
                "/dev/shm/transport-tests-" + ProcessHandle.current().pid()));
        try {
            Files.createDirectories(base);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        base.toFile().deleteOnExit();
        return base;
    }

    /** Where drivers may be given other options and other cores. */
    TestHost(final Function<DriverSettings, MediaDriverPool> drivers) {
        this.directory = fresh();
        this.transport = PageTransport.over(drivers.apply(DriverSettings.in(directory)));
    }

    private static Path fresh() {
        return BASE.resolve("godwit-test-" + ProcessHandle.current().pid() + "-" + NUMBER.incrementAndGet());
    }

    TestHost(final Path directory) {
        this.directory = directory;
        this.transport = PageTransport.start(DriverSettings.in(directory).withPeerLiveness(LIVENESS));
    }

    IncomingStream listen(final UUID id, final TestMemory memory, final TestListener listener) {
        return transport.openIncoming(IncomingSettings.on(id, "127.0.0.1"), memory, listener);
    }

    IncomingStream listen(final UUID id, final int lanes, final TestMemory memory, final TestListener listener) {
        return transport.openIncoming(IncomingSettings.on(id, "127.0.0.1").withLanes(lanes), memory, listener);
    }

    OutgoingStream connect(final UUID id, final StreamEndpoint endpoint, final TestMemory memory) {
        return connect(id, List.of(endpoint), memory);
    }

    OutgoingStream connect(final UUID id, final List<StreamEndpoint> endpoints, final TestMemory memory) {
        return transport.openOutgoing(OutgoingSettings.to(id, endpoints), memory);
    }

    static RoundSent send(
            final ActorSystem system, final OutgoingStream stream, final int round, final PageRange... ranges)
            throws Exception {
        return await(Source.from(List.of(ranges)).runWith(stream.round(round), system));
    }

    static <T> T await(final CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(DEADLINE_S, TimeUnit.SECONDS);
    }

    @Override
    public void close() {
        transport.close();
    }
}
