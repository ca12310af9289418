package io.godwit.actors.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.esotericsoftware.kryo.io.Output;
import com.typesafe.config.ConfigFactory;
import java.io.NotSerializableException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The bytes of every message, spoilt: a message is read as what it says it is, or refused; nothing else happens. */
@Timeout(120)
class WireFuzzTest {
    private static final int CASES = 100_000;
    private static ActorTestKit kit;
    private static WireSerializer serializer;
    private static List<byte[]> messages;

    private final long seed = System.nanoTime();
    private final SplittableRandom random = new SplittableRandom(seed);

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create(
                "godwit",
                ConfigFactory.parseString(
                                "pekko.actor.provider=cluster\npekko.remote.artery.canonical{hostname=127.0.0.1,port=0}")
                        .withFallback(ConfigFactory.load()));
        serializer = new WireSerializer((ExtendedActorSystem) Adapter.toClassic(kit.system()));
        messages = WireSamples.all(ActorRefResolver.get(kit.system())).stream()
                .map(serializer::toBinary)
                .toList();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @Test
    void shouldRefuseOrReadWhateverArrives() {
        System.out.println("seed " + seed);
        int refused = 0;
        long allocatedBefore = allocatedBytes();
        long bytes = 0;
        for (int i = 0; i < CASES; i++) {
            byte[] spoilt = spoil(messages.get(random.nextInt(messages.size())));
            bytes += spoilt.length;
            refused += read(spoilt) ? 0 : 1;
        }
        assertThat(refused).isGreaterThan(CASES / 3);
        // Nothing is allocated for a length that the bytes do not back: the average stays that of small messages.
        assertThat((allocatedBytes() - allocatedBefore) / CASES)
                .as("bytes allocated for a message of %d on average", bytes / CASES)
                .isLessThan(512 << 10);
    }

    private static long allocatedBytes() {
        return ((com.sun.management.ThreadMXBean) java.lang.management.ManagementFactory.getThreadMXBean())
                .getCurrentThreadAllocatedBytes();
    }

    private static boolean read(byte[] bytes) {
        try {
            assertThat(serializer.fromBinary(bytes, WireSerializer.FORMAT)).isNotNull();
            return true;
        } catch (NotSerializableException refused) {
            assertThat(refused).hasMessageContaining("message of " + bytes.length + " bytes");
            return false;
        }
    }

    private byte[] spoil(byte[] message) {
        byte[] bytes = message.clone();
        switch (random.nextInt(5)) {
            case 0 -> bytes = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            case 1 -> bytes = Arrays.copyOf(bytes, bytes.length + 1 + random.nextInt(64));
            case 2 -> {
                for (int flips = 1 + random.nextInt(4); flips > 0; flips--) {
                    bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
                }
            }
            case 3 -> giantLength(bytes);
            default -> {
                int from = random.nextInt(bytes.length);
                for (int at = from; at < Math.min(bytes.length, from + 16); at++) {
                    bytes[at] = (byte) random.nextInt();
                }
            }
        }
        return bytes;
    }

    /** Five bytes that are a length of some thousand millions wherever a length is read. */
    private void giantLength(byte[] bytes) {
        int at = random.nextInt(bytes.length);
        for (int i = at; i < Math.min(bytes.length, at + 4); i++) {
            bytes[i] = (byte) 0xff;
        }
        if (at + 4 < bytes.length) {
            bytes[at + 4] = (byte) random.nextInt(16);
        }
    }

    @Test
    void shouldRefuseEveryTruncationOfEveryMessage() {
        for (byte[] message : messages) {
            for (int length = 0; length < message.length; length++) {
                byte[] cut = Arrays.copyOf(message, length);
                assertThat(read(cut))
                        .as("%d of %d bytes", length, message.length)
                        .isFalse();
            }
        }
    }

    @Test
    void shouldRefuseBytesBehindTheEndOfAMessage() {
        for (byte[] message : messages) {
            assertThatThrownBy(() ->
                            serializer.fromBinary(Arrays.copyOf(message, message.length + 1), WireSerializer.FORMAT))
                    .hasMessageContaining("it ends at byte " + message.length);
        }
    }

    /** A list within a list within a list takes two bytes a level: the stack would end long before the message. */
    @Test
    void shouldRefuseAMessageThatIsNestedTooDeeply() {
        Output output = new Output(200_000);
        for (int level = 0; level < 90_000; level++) {
            output.writeVarInt(10 + 2, true);
            output.writeVarInt(1, true);
        }
        assertThatThrownBy(() -> serializer.fromBinary(output.toBytes(), WireSerializer.FORMAT))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("depth");
    }

    @Test
    void shouldRefuseAMessageLargerThanAnyThatIsSent() {
        assertThatThrownBy(() -> serializer.fromBinary(new byte[(256 << 10) + 1], WireSerializer.FORMAT))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("at most 262144");
    }

    @Test
    void shouldRefuseATypeThatNobodyHasByItsNumber() {
        Output output = new Output(16);
        output.writeVarInt(9_998 + 2, true);
        assertThatThrownBy(() -> serializer.fromBinary(output.toBytes(), WireSerializer.FORMAT))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("9998");
    }

    /** NotAdmitted with a list of hosts for its reasons: Kryo alone would hand it to the actor. */
    @Test
    void shouldRefuseACollectionOfSomethingElse() {
        Output output = new Output(64);
        output.writeVarInt(102 + 2, true); // MigrationSource.NotAdmitted
        output.writeVarInt(10 + 2, true); // its reasons: a list
        output.writeVarInt(1, true);
        output.writeVarInt(106 + 2, true); // of one MigrationTarget.Go
        assertThatThrownBy(() -> serializer.fromBinary(output.toBytes(), WireSerializer.FORMAT))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("NotAdmitted.reasons")
                .hasMessageContaining("String is expected");
    }

    @Test
    void shouldRefuseANullWhereThereIsAlwaysSomething() {
        Output output = new Output(64);
        output.writeVarInt(102 + 2, true);
        output.writeVarInt(0, true);
        assertThatThrownBy(() -> serializer.fromBinary(output.toBytes(), WireSerializer.FORMAT))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("NotAdmitted.reasons is missing");
    }
}
