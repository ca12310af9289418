package io.godwit.actors.cluster;

import static org.awaitility.Awaitility.await;

import io.godwit.actors.host.HostView;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.actors.testing.TestHost;
import io.godwit.control.join.JoinTimes;
import io.godwit.integration.harness.FreePorts;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who forms a cluster, and who looks for the one there is. */
@Timeout(180)
class JoiningTest {
    private static final Duration LIMIT = Duration.ofSeconds(60);

    private static final Duration PATIENCE = Duration.ofMillis(JoinTimes.DEFAULT.patienceMs());

    private final InMemoryLedger ledger = new InMemoryLedger();
    private final List<TestHost> hosts = new ArrayList<>();
    private final int portA = FreePorts.tcp();
    private final int portB = FreePorts.tcp();

    @AfterEach
    void stop() {
        hosts.forEach(TestHost::close);
    }

    private TestHost start(String name, int port, int... seeds) {
        List<String> addresses = new ArrayList<>();
        for (int seed : seeds) {
            addresses.add("127.0.0.1:" + seed);
        }
        TestHost host = new TestHost(name, port, addresses, ledger, new SimulatedMachineFactory(), 1L << 30);
        hosts.add(host);
        return host;
    }

    /** As after it was downed: the same node with another actor system. */
    private static void beginAnew(TestHost host) {
        var before = host.system();
        before.terminate();
        await().atMost(LIMIT).until(() -> host.system() != before);
    }

    private static List<String> up(TestHost by) throws Exception {
        return by.client().hosts().toCompletableFuture().get(10, TimeUnit.SECONDS).stream()
                .filter(host -> host.state().equals("up"))
                .map(HostView::id)
                .toList();
    }

    private static void awaitUp(TestHost by, Duration limit, String... names) {
        await().atMost(limit).ignoreExceptions().until(() -> up(by).equals(List.of(names)));
    }

    @Test
    void shouldComeBackToTheOthersWhereItIsTheOnlySeed() {
        TestHost a = start("a", portA, portA);
        TestHost b = start("b", portB, portA);
        awaitUp(a, LIMIT, "a", "b");

        beginAnew(a);

        awaitUp(a, LIMIT, "a", "b");
        awaitUp(b, LIMIT, "a", "b");
    }

    @Test
    void shouldFormNoClusterWhileTheLedgerIsOutOfReach() {
        ledger.reachable(false);
        TestHost a = start("a", portA, portA, portB);
        await().during(Duration.ofSeconds(8)).atMost(LIMIT).until(() -> up(a).isEmpty());

        ledger.reachable(true);

        awaitUp(a, LIMIT, "a");
        awaitUp(start("b", portB, portA, portB), LIMIT, "a", "b");
    }

    @Test
    void shouldFormAnotherClusterWhereNobodyIsLeftOfTheOne() {
        TestHost a = start("a", portA, portA, portB);
        TestHost b = start("b", portB, portA, portB);
        awaitUp(a, LIMIT, "a", "b");
        b.close();
        hosts.remove(b);

        beginAnew(a);

        awaitUp(a, PATIENCE.plus(LIMIT), "a");
    }

    @Test
    void shouldFormAClusterWithoutTheFirstSeedWhichJoinsItWhenItComes() {
        TestHost b = start("b", portB, portA, portB);
        TestHost c = start("c", FreePorts.tcp(), portA, portB);
        awaitUp(b, PATIENCE.plus(LIMIT), "b", "c");
        awaitUp(c, LIMIT, "b", "c");

        TestHost a = start("a", portA, portA, portB);

        awaitUp(a, LIMIT, "a", "b", "c");
        awaitUp(c, LIMIT, "a", "b", "c");
    }

    @Test
    void shouldJoinByTheAddressesThatTheLeaderNamesWhereItKnowsNoneItself() {
        TestHost a = start("a", portA, portA);
        awaitUp(a, LIMIT, "a");
        int nobody = FreePorts.tcp();

        TestHost b = start("b", portB, nobody);

        awaitUp(b, LIMIT, "a", "b");
    }

    @Test
    void shouldLeaveAClusterOfItsOwnForTheOneThatTheLeaderKnows() {
        TestHost a = start("a", portA, portA);
        awaitUp(a, LIMIT, "a");

        TestHost b = start("b", portB, portB);

        awaitUp(b, LIMIT, "a", "b");
        awaitUp(a, LIMIT, "a", "b");
    }
}
