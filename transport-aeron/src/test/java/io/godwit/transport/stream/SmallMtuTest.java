package io.godwit.transport.stream;

import static io.godwit.transport.stream.TestHost.await;
import static io.godwit.transport.stream.TestHost.send;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.transport.StreamCounts;
import io.godwit.transport.driver.NetworkPath;
import java.util.UUID;
import org.apache.pekko.actor.ActorSystem;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

@Timeout(60)
class SmallMtuTest {
    private static final int PAGES = 700;

    @ParameterizedTest
    @ValueSource(ints = {512, NetworkPath.ETHERNET_MTU, 4_096, 4_192, NetworkPath.JUMBO_MTU, NetworkPath.LOOPBACK_MTU})
    void shouldCarryWholePagesWhateverFitsIntoAFrame(final int mtu) throws Exception {
        final ActorSystem system = ActorSystem.create("small-mtu");
        final TestMemory source =
                new TestMemory(0, PAGES).fillRandom(mtu).zeroPage(5).zeroPage(6).zeroPage(PAGES - 1);
        final TestMemory target = new TestMemory(0, PAGES).fillRandom(1);
        final TestListener listener = new TestListener();
        final UUID id = UUID.randomUUID();
        final byte[] state = new byte[100_001];
        state[100_000] = 1;
        try (TestHost a = new TestHost();
                TestHost b = new TestHost();
                IncomingStream in = b.listen(id, target, listener);
                OutgoingStream out = a.transport.openOutgoing(
                        OutgoingSettings.to(id, await(in.endpoints())).withMtu(mtu), source)) {
            send(system, out, 0, source.all());
            await(out.sendDeviceState(state));
            await(out.end());
            assertThat(await(listener.end)).isEqualTo(new StreamCounts(PAGES - 3, 3));
            assertThat(target.contentEquals(source)).isTrue();
            assertThat(listener.states).singleElement().isEqualTo(state);
        } finally {
            system.terminate();
        }
    }
}
