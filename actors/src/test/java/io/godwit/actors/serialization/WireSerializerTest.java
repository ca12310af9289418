package io.godwit.actors.serialization;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.migration.MigrationBook;
import io.godwit.actors.migration.MigrationView;
import io.godwit.config.MigrationParameter;
import java.io.NotSerializableException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import java.util.stream.Collectors;
import org.apache.pekko.actor.ExtendedActorSystem;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRefResolver;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/**
 * Golden files hold the bytes of every message. A change of one breaks hosts of another version: give the new shape a new
 * record and a new number. Only for such new messages are files written, with {@code -Dgodwit.golden.write=true}.
 */
class WireSerializerTest {
    private static final Path GOLDEN = Path.of("src/test/resources/golden");
    private static ActorTestKit kit;
    private static WireSerializer serializer;
    private static List<Object> samples;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create(
                "godwit",
                ConfigFactory.parseString(
                                "pekko.actor.provider=cluster\npekko.remote.artery.canonical{hostname=127.0.0.1,port=0}")
                        .withFallback(ConfigFactory.load()));
        serializer = new WireSerializer((ExtendedActorSystem) Adapter.toClassic(kit.system()));
        samples = WireSamples.all(ActorRefResolver.get(kit.system()));
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    @TestFactory
    List<DynamicTest> shouldKeepTheBytesOfEveryMessage() {
        return samples.stream()
                .map(sample -> DynamicTest.dynamicTest(name(sample), () -> matchesGolden(sample)))
                .toList();
    }

    private static void matchesGolden(Object sample) throws Exception {
        byte[] bytes = serializer.toBinary(sample);
        Path file = GOLDEN.resolve(name(sample) + ".hex");
        if (Boolean.getBoolean("godwit.golden.write") && !Files.exists(file)) {
            Files.writeString(file, HexFormat.of().formatHex(bytes) + "\n");
        }
        byte[] golden = HexFormat.of().parseHex(Files.readString(file).strip());
        assertThat(HexFormat.of().formatHex(bytes)).isEqualTo(HexFormat.of().formatHex(golden));
        Object read = serializer.fromBinary(golden, WireSerializer.FORMAT);
        assertThat(HexFormat.of().formatHex(serializer.toBinary(read)))
                .isEqualTo(HexFormat.of().formatHex(golden));
        assertThat(read).hasSameClassAs(sample);
    }

    /** A message that is too large is dropped, and the host would look as if nothing had ever migrated there. */
    @Test
    void shouldCarryAllMigrationsThatAHostRemembersAtTheirLongest() throws Exception {
        TreeMap<String, String> parameters = new TreeMap<>();
        MigrationParameter.ALL.forEach(parameter -> parameters.put(parameter.name(), "9223372036854775807"));
        MigrationView longest = WireSamples.view("ü".repeat(MigrationView.MAX_REASON_CHARS), parameters);
        HostActor.Migrations all = new HostActor.Migrations(Collections.nCopies(MigrationBook.KEPT, longest));

        byte[] bytes = serializer.toBinary(all);

        assertThat(((HostActor.Migrations) serializer.fromBinary(bytes, WireSerializer.FORMAT)).migrations())
                .hasSize(MigrationBook.KEPT);
    }

    private static String name(Object sample) {
        Class<?> type = sample.getClass();
        Class<?> outer = type.getEnclosingClass();
        return (outer == null ? "" : outer.getSimpleName() + "-") + type.getSimpleName();
    }

    @Test
    void shouldHaveASampleOfEveryTypeThatTravels() {
        List<Class<?>> sampled =
                samples.stream().<Class<?>>map(Object::getClass).toList();
        List<Class<?>> messages = WireTypes.all().values().stream()
                .filter(Wire.class::isAssignableFrom)
                .filter(type -> type.getEnclosingClass() != null && !type.isEnum())
                .collect(Collectors.toList());
        assertThat(sampled).containsAll(messages);
    }

    @Test
    void shouldRefuseATypeWithoutANumber() {
        record Stranger(String name) implements Wire {}
        assertThatThrownBy(() -> serializer.toBinary(new Stranger("x"))).hasMessageContaining("not registered");
    }

    @Test
    void shouldRefuseAnotherFormatByName() {
        assertThatThrownBy(() -> serializer.fromBinary(new byte[] {1}, "2"))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("\"2\"")
                .hasMessageContaining("\"1\"");
    }

    /** Number 15 as Kryo writes it (two more), then a null string: handed to Pekko unchecked, it killed the JVM. */
    @Test
    void shouldRefuseANullActorReference() {
        assertThatThrownBy(() -> serializer.fromBinary(new byte[] {17, (byte) 0x80}, WireSerializer.FORMAT))
                .isInstanceOf(NotSerializableException.class)
                .hasMessageContaining("actor reference \"null\"");
    }

    @Test
    void shouldNeverThrowAnythingElseOnMangledBytes() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = serializer.toBinary(samples.get(random.nextInt(samples.size())));
            byte[] mangled = random.nextBoolean() ? bytes : Arrays.copyOf(bytes, random.nextInt(bytes.length));
            for (int flips = random.nextInt(4); flips >= 0 && mangled.length > 0; flips--) {
                mangled[random.nextInt(mangled.length)] = (byte) random.nextInt();
            }
            try {
                serializer.fromBinary(ByteBuffer.wrap(mangled), WireSerializer.FORMAT);
            } catch (NotSerializableException refused) {
                assertThat(refused).hasMessageContaining("message of");
            }
        }
    }
}
