package io.godwit.migration;

import static io.godwit.migration.harness.TestCluster.await;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.MigrationSettings;
import io.godwit.config.VerifyMode;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.migration.harness.TargetOwner;
import io.godwit.migration.harness.TestCluster;
import io.godwit.migration.harness.TestMachine;
import io.godwit.transport.PageRange;
import io.godwit.transport.stream.OutgoingSettings;
import io.godwit.transport.stream.OutgoingStream;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineState;
import io.godwit.vmm.state.MachineStateCodec;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.apache.pekko.stream.javadsl.Source;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A source that speaks the page stream well, and lies about the machine. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class HostileSourceTest {
    private static final long MIB = 1L << 20;
    private static final int RANGES = 16;
    private static TestCluster cluster;

    private final TestMachine from = new TestMachine("from", RANGES * MIB).filled(MIB, 0, 0);
    private final TestMachine to = new TestMachine("to", RANGES * MIB);
    private final TargetOwner target = new TargetOwner();
    private final UUID id = UUID.randomUUID();
    private boolean restored;
    private IncomingMigration incoming;
    private OutgoingStream stream;

    @BeforeAll
    static void startCluster() {
        cluster = new TestCluster();
    }

    @AfterAll
    static void stopCluster() {
        cluster.close();
    }

    @BeforeEach
    void open() {
        to.onRestore(state -> restored = true);
        incoming = cluster.incoming(id, to, new MigrationSettings(300, 0, VerifyMode.AFTER_RESUME), target);
        stream = cluster.source()
                .transport()
                .openOutgoing(
                        OutgoingSettings.to(id, await(incoming.endpoints())), new GuestPages(from.memory(), true));
    }

    @AfterEach
    void close() {
        stream.close();
        incoming.close();
        await(stream.closed());
        await(incoming.closed());
        from.close();
        to.close();
    }

    @Test
    void shouldAcceptWhatIsComplete() {
        sendPages(0, RANGES);
        await(stream.sendDeviceState(goodState()));
        await(stream.end());
        assertThat(target.ready().pages()).isEqualTo(RANGES * 256L);
        assertThat(restored).isTrue();
    }

    @Test
    void shouldRefuseMemoryWithAHole() {
        sendPages(0, 5);
        sendPages(6, RANGES);
        await(stream.sendDeviceState(goodState()));
        await(stream.end());
        refused("256 of 4096 pages never came", "0x500000");
    }

    @Test
    void shouldRefuseAnEndWithoutState() {
        sendPages(0, RANGES);
        await(stream.end());
        refused("without sending the machine's state");
    }

    @Test
    void shouldRefuseTwoStates() {
        sendPages(0, RANGES);
        await(stream.sendDeviceState(goodState()));
        await(stream.sendDeviceState(goodState()));
        refused("state twice");
    }

    @Test
    void shouldRefuseAStateThatIsNone() {
        sendPages(0, RANGES);
        await(stream.sendDeviceState(new byte[1000]));
        await(stream.end());
        refused("magic");
    }

    @Test
    void shouldRefuseAComponentOfAnotherMachine() {
        refusedState("virtio-net/0", new ComponentState("virtio-net/0", 1, new byte[0]));
    }

    @Test
    void shouldRefuseAComponentFromTheFuture() {
        refusedState("vcpu/0 has version 2, accepted is 1", new ComponentState("vcpu/0", 2, new byte[40]));
    }

    @Test
    void shouldFailWhenRestoringDoes() {
        refusedState("expected 40 bytes", new ComponentState("vcpu/0", 1, new byte[3]));
    }

    @Test
    void shouldRefuseAddressesThatAreNotRam() {
        PageRange outside = new PageRange((RANGES - 1) * MIB, 256);
        try (TestMachine larger = new TestMachine("larger", 2 * RANGES * MIB)) {
            stream.close();
            await(stream.closed());
            incoming.close();
            await(incoming.closed());
            TargetOwner second = new TargetOwner();
            incoming = cluster.incoming(id, to, MigrationSettings.DEFAULT, second);
            stream = cluster.source()
                    .transport()
                    .openOutgoing(
                            OutgoingSettings.to(id, await(incoming.endpoints())),
                            new GuestPages(larger.memory(), true));
            var unused = Source.from(List.of(outside, new PageRange(RANGES * MIB, 1)))
                    .runWith(stream.round(1), cluster.materializer());
            assertThat(second.failed().peerLost()).isFalse();
            assertThat(second.failed().reason()).contains("guest address 0x1000000");
        }
    }

    private void refusedState(String named, ComponentState component) {
        sendPages(0, RANGES);
        await(stream.sendDeviceState(MachineStateCodec.encode(new MachineState(List.of(component)))));
        await(stream.end());
        refused(named);
    }

    private void refused(String... named) {
        assertThat(target.failed().reason()).contains(named);
        assertThat(target.failed().peerLost()).isFalse();
        assertThat(incoming.progress().phase()).isEqualTo(MigrationPhase.FAILED);
        try (GuestMemory.Lease lease = to.memory().lease()) {
            assertThat(lease.isZero(0, 4096)).isFalse();
        }
    }

    private byte[] goodState() {
        return MachineStateCodec.encode(from.save());
    }

    /** One round of ranges of 1 MiB each. */
    private void sendPages(int fromRange, int toRange) {
        await(Source.from(IntStream.range(fromRange, toRange)
                        .mapToObj(i -> new PageRange(i * MIB, 256))
                        .toList())
                .runWith(stream.round(fromRange + 1), cluster.materializer()));
    }
}
