package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.transport.PageRange;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import io.godwit.transport.codec.PageDecoders;
import io.godwit.transport.codec.PageEncoders;
import io.godwit.transport.seal.StreamSecret;
import java.util.SplittableRandom;
import java.util.UUID;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Encoded and sealed pages through real lanes. */
@Timeout(120)
class EncodedStreamTest {
    private static final long BASE = 0x1_0000_0000L;
    private static final int PAGES = 1_100;

    private static ActorSystem system;
    private static TestHost sourceHost;
    private static TestHost targetHost;

    private final UUID id = UUID.randomUUID();
    private final TestListener listener = new TestListener();
    private final TestMemory source = new TestMemory(BASE, PAGES);
    private final TestMemory target = new TestMemory(BASE, PAGES);

    @BeforeAll
    static void start() {
        system = ActorSystem.create("encoded-stream");
        sourceHost = new TestHost();
        targetHost = new TestHost();
    }

    @AfterAll
    static void stop() {
        sourceHost.close();
        targetHost.close();
        system.terminate();
    }

    @ParameterizedTest
    @CsvSource({
        "512, 1, false",
        "512, 1, true",
        "1472, 1, true",
        "1472, 3, false",
        "4192, 2, true",
        "8960, 1, false",
        "8960, 4, true",
        "65504, 1, true",
        "65504, 4, false"
    })
    void shouldCarryEncodedPagesWhateverFitsIntoAFrame(final int mtu, final int lanes, final boolean sealed)
            throws Exception {
        final long seed = Long.getLong("godwit.seed", System.nanoTime());
        System.out.println("seed " + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        final PageEncoders encoders = (lane, count) -> TestCodec.encoder(seed + lane);
        try (StreamSecret secret = StreamSecret.random();
                IncomingStream in = listen(lanes, sealed ? secret : null, lane -> TestCodec.decoder());
                OutgoingStream out = connect(in, mtu, encoders, sealed ? secret : null)) {
            for (int round = 0; round < 6; round++) {
                dirty(random);
                send(system, out, round, source.all());
            }
            await(out.sendDeviceState(new byte[70_001]));
            final StreamCounts sent = await(out.end());
            assertThat(await(listener.end)).isEqualTo(sent);
            assertThat(sent.pages()).isEqualTo(6L * PAGES);
            assertThat(target.contentEquals(source)).isTrue();
            assertThat(target.guardsIntact()).isTrue();
            final OutgoingCounters counters = out.counters();
            assertThat(counters.codec().compressedPages()).isPositive();
            assertThat(counters.codec().deltaPages()).isPositive();
            assertThat(counters.sealedFrames()).isEqualTo(sealed ? counters.frames() : 0);
        }
    }

    @Test
    void shouldSealPagesThatAreNotEncoded() throws Exception {
        source.fillRandom(1).zeroPage(7);
        try (StreamSecret secret = StreamSecret.random();
                IncomingStream in = listen(2, secret, PageDecoders.NONE);
                OutgoingStream out = connect(in, 0, PageEncoders.NONE, secret)) {
            send(system, out, 0, source.all());
            await(out.sendDeviceState(new byte[] {1, 2, 3}));
            await(out.end());
            await(listener.end);
            assertThat(target.contentEquals(source)).isTrue();
            assertThat(listener.states).singleElement().isEqualTo(new byte[] {1, 2, 3});
            assertThat(out.counters().sealedFrames()).isEqualTo(out.counters().frames());
        }
    }

    @Test
    void shouldRefuseASourceThatDoesNotSeal() throws Exception {
        try (StreamSecret secret = StreamSecret.random()) {
            assertThat(refusal(secret, null)).contains("flags 0x0: a sealed frame is expected");
        }
    }

    @Test
    void shouldRefuseASourceThatSealsWhereNothingWasAgreed() throws Exception {
        try (StreamSecret secret = StreamSecret.random()) {
            assertThat(refusal(null, secret)).contains("flags 0x2: a plain frame");
        }
    }

    @Test
    void shouldRefuseASourceWithAnotherSecret() throws Exception {
        try (StreamSecret secret = StreamSecret.random();
                StreamSecret other = StreamSecret.random()) {
            assertThat(refusal(secret, other)).contains("tag does not match");
        }
    }

    @Test
    void shouldRefuseEncodedPagesWhereNoneWereAgreed() throws Exception {
        dirty(new SplittableRandom(1));
        try (IncomingStream in = listen(1, null, PageDecoders.NONE);
                OutgoingStream out = connect(in, 0, (lane, lanes) -> TestCodec.encoder(1), null)) {
            Source.single(source.all()).runWith(out.round(0), system);
            final StreamFailure failure = await(listener.failure);
            assertThat(failure).isInstanceOf(StreamFailure.BadFrame.class);
            assertThat(failure.reason()).contains("in a stream without encoded pages");
        }
    }

    private String refusal(final StreamSecret atTarget, final StreamSecret atSource) throws Exception {
        source.fillRandom(1);
        try (IncomingStream in = listen(1, atTarget, PageDecoders.NONE);
                OutgoingStream out = connect(in, 0, PageEncoders.NONE, atSource)) {
            Source.single(source.all()).runWith(out.round(0), system);
            final StreamFailure failure = await(listener.failure);
            assertThat(failure).isInstanceOf(StreamFailure.BadFrame.class);
            assertThat(target.writes).hasValue(0);
            return failure.reason();
        }
    }

    private IncomingStream listen(final int lanes, final StreamSecret secret, final PageDecoders decoders) {
        final IncomingSettings plain =
                IncomingSettings.on(id, "127.0.0.1").withLanes(lanes).withDecoders(decoders);
        return targetHost.transport.openIncoming(secret == null ? plain : plain.withSecret(secret), target, listener);
    }

    private OutgoingStream connect(
            final IncomingStream in, final int mtu, final PageEncoders encoders, final StreamSecret secret)
            throws Exception {
        final OutgoingSettings plain =
                OutgoingSettings.to(id, await(in.endpoints())).withMtu(mtu).withEncoders(encoders);
        return sourceHost.transport.openOutgoing(secret == null ? plain : plain.withSecret(secret), source);
    }

    /** Some pages zero, some beyond compression, some that compress, some hardly changed, some not at all. */
    private void dirty(final SplittableRandom random) {
        for (int page = 0; page < PAGES; page++) {
            final PageRange range = source.range(page, 1);
            switch (random.nextInt(6)) {
                case 0 -> source.zeroPage(page);
                case 1 -> source.scribble(page, random, 8);
                case 2 -> source.scribble(page, random, 97);
                case 3, 4 -> source.touch(range, random.nextLong());
                default -> {}
            }
        }
    }
}
