package io.godwit.actors.guards;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.typesafe.config.ConfigFactory;
import io.godwit.actors.admission.ProtocolRange;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.pekko.actor.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.Adapter;
import org.apache.pekko.serialization.SerializerWithStringManifest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Two nodes of different versions: they meet, or say why not; neither is hurt by what it does not understand. */
@Timeout(120)
class VersionMeetingTest {
    private static final MigrationParameters HASHED = MigrationParameters.of(MigrationParameter.VERIFY, "at-pause");
    private final MachineFactory factory = new SimulatedMachineFactory();

    @TempDir
    Path directory;

    @ParameterizedTest
    @CsvSource({"1, 2, 1, 1", "1, 1, 1, 2"})
    void shouldMeetAtTheVersionThatBothSpeak(int oldestA, int newestA, int oldestB, int newestB) throws Exception {
        try (TwoHosts hosts = new TwoHosts(
                factory, factory, new ProtocolRange(oldestA, newestA), new ProtocolRange(oldestB, newestB))) {
            VmView vm = start(hosts);
            for (String target : new String[] {"b", "a"}) {
                MigrationView ended = hosts.ended(hosts.migrate(vm, target, HASHED));
                assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
                assertThat(ended.verified()).isTrue();
                hosts.awaitVm(vm, view -> view.host().equals(target) && view.status() == VmStatus.RUNNING);
            }
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = ';',
            value = {
                "2; 2; 1; 1; the source speaks 2, host b speaks 1",
                "1; 1; 2; 3; the source speaks 1, host b speaks 2 to 3"
            })
    void shouldRefuseWhereNoVersionIsCommonAndNameBothRanges(
            int oldestA, int newestA, int oldestB, int newestB, String said) throws Exception {
        try (TwoHosts hosts = new TwoHosts(
                factory, factory, new ProtocolRange(oldestA, newestA), new ProtocolRange(oldestB, newestB))) {
            VmView vm = start(hosts);
            assertThatThrownBy(() -> hosts.migrate(vm, "b", HASHED)).hasMessageContaining(said);
            hosts.awaitVm(vm, view -> view.status() == VmStatus.RUNNING && view.migrationId() == null);
            assertThat(hosts.b().vault().usedMemoryBytes()).isZero();
        }
    }

    /** A message of a version to come reaches a host in the middle of a migration: dropped, and nothing else. */
    @Test
    void shouldDropAMessageItDoesNotKnowAndGoOn() throws Exception {
        try (TwoHosts hosts = new TwoHosts(factory);
                Stranger stranger = new Stranger()) {
            VmView vm = start(hosts);
            MigrationView begun = hosts.migrate(vm, "b", HASHED.with(MigrationParameter.MAX_BANDWIDTH, 20_000_000));
            hosts.awaitMigration(begun, view -> view.status().equals("active"));
            stranger.tell(hosts.portB(), new byte[] {(byte) 0x90, 0x4e, 1, 2, 3}); // number 9998, as Kryo writes it
            stranger.tell(hosts.portB(), new byte[] {0});
            stranger.tell(hosts.portB(), new byte[0]);
            assertThat(TwoHosts.get(hosts.b().client().hosts())).hasSize(2);
            MigrationView ended = hosts.ended(begun);
            assertThat(ended.status()).as(ended.reason()).isEqualTo("completed");
            hosts.awaitVm(vm, view -> view.host().equals("b") && view.status() == VmStatus.RUNNING);
        }
    }

    private VmView start(TwoHosts hosts) throws Exception {
        Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
        return hosts.start("versioned", 64L << 20, 1, kernel, "wss=8 rate=2 fill=32");
    }

    /** A node that speaks what this version does not. */
    private static final class Stranger implements AutoCloseable {
        private final ActorSystem system = ActorSystem.create(
                "godwit-test",
                ConfigFactory.parseString(
                                """
                                pekko.actor.provider = cluster
                                pekko.actor.allow-java-serialization = off
                                pekko.actor.serializers.future = "%s"
                                pekko.actor.serialization-bindings { "%s" = future }
                                pekko.remote.artery { transport = tcp, canonical { hostname = 127.0.0.1, port = 0 } }
                                pekko.coordinated-shutdown.exit-jvm = off
                                """.formatted(FutureSerializer.class.getName(), FutureMessage.class.getName()))
                        .withFallback(ConfigFactory.defaultReference()));

        void tell(int port, byte[] bytes) {
            system.actorSelection("pekko://godwit-test@127.0.0.1:" + port + "/user/host")
                    .tell(new FutureMessage(bytes), org.apache.pekko.actor.ActorRef.noSender());
        }

        @Override
        public void close() {
            Adapter.toTyped(system).terminate();
        }
    }

    @SuppressWarnings("ArrayRecordComponent")
    public record FutureMessage(byte[] bytes) {}

    /** Writes bytes as they are under the number of the wire's own serializer. */
    public static final class FutureSerializer extends SerializerWithStringManifest {
        @Override
        public int identifier() {
            return 7_301;
        }

        @Override
        public String manifest(Object message) {
            return "1";
        }

        @Override
        public byte[] toBinary(Object message) {
            return ((FutureMessage) message).bytes();
        }

        @Override
        public Object fromBinary(byte[] bytes, String manifest) {
            return new FutureMessage(bytes);
        }
    }
}
