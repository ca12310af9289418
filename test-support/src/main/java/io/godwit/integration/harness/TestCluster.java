package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.NodeConfigFile.Seat;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;
import java.util.random.RandomGenerator;

/** Nodes that form a cluster on loopback, each a process of its own, all of them voters of the ledger unless said. */
public final class TestCluster implements AutoCloseable {
    private static final List<String> NAMES = List.of("alpha", "beta", "gamma", "delta", "epsilon");
    private static final int START_ATTEMPTS = 3;
    private static final Duration JOIN_LIMIT = Duration.ofSeconds(150);

    private final String name;
    private final List<Seat> voters;
    private final List<TestNode> nodes;
    private final List<TestNode> joined = new ArrayList<>();
    private Set<TestNode> apart = Set.of();

    private TestCluster(String name, List<Seat> voters, List<TestNode> nodes) {
        this.name = name;
        this.voters = voters;
        this.nodes = nodes;
    }

    public static TestCluster one() {
        return start(1, 1, name -> NodeSettings.USUAL);
    }

    public static TestCluster three() {
        return three(name -> NodeSettings.USUAL);
    }

    /** Three nodes, each with settings by its name: alpha, beta, gamma. */
    public static TestCluster three(Function<String, NodeSettings> settings) {
        return start(3, 3, settings);
    }

    /** Five nodes: those of {@link #three(Function)}, delta and epsilon. */
    public static TestCluster five(Function<String, NodeSettings> settings) {
        return start(5, 5, settings);
    }

    /** Four nodes, of which delta is no voter. */
    public static TestCluster threeAndAClient(Function<String, NodeSettings> settings) {
        return start(4, 3, settings);
    }

    /** A port that was free when it was looked at may be somebody's when the node binds it: then others are tried. */
    private static TestCluster start(int size, int voters, Function<String, NodeSettings> settings) {
        for (int attempt = 1; attempt < START_ATTEMPTS; attempt++) {
            try {
                return startOnce(size, voters, settings);
            } catch (PortTakenError taken) {
                System.out.println(taken.getMessage());
            }
        }
        return startOnce(size, voters, settings);
    }

    private static TestCluster startOnce(int size, int voters, Function<String, NodeSettings> settings) {
        String cluster =
                "it-" + Integer.toHexString(RandomGenerator.getDefault().nextInt(1 << 24));
        List<Seat> seats = NAMES.subList(0, size).stream()
                .map(name -> Seat.free(name, settings.apply(name).address()))
                .toList();
        TestCluster started = new TestCluster(cluster, seats.subList(0, voters), new ArrayList<>());
        try {
            for (Seat seat : seats) {
                started.nodes.add(
                        TestNode.start(cluster, seat, seats, seats.subList(0, voters), settings.apply(seat.name())));
            }
            started.nodes.forEach(TestNode::awaitReady);
            started.awaitAllUp();
            return started;
        } catch (RuntimeException | Error failed) {
            started.close();
            throw failed;
        }
    }

    public TestNode node(String name) {
        return nodes.stream()
                .filter(node -> node.name().equals(name))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("no host " + name + " among " + nodes));
    }

    public TestNode alpha() {
        return node("alpha");
    }

    public TestNode beta() {
        return node("beta");
    }

    public TestNode gamma() {
        return node("gamma");
    }

    public List<TestNode> living() {
        return nodes.stream().filter(TestNode::isAlive).toList();
    }

    /** From now on these are nobody's {@link #any}: they live, and know nothing new. None to undo it. */
    public void setApart(Collection<TestNode> hosts) {
        apart = Set.copyOf(hosts);
    }

    /** Any node that can be asked. */
    public TestNode any() {
        return living().stream()
                .filter(node -> !apart.contains(node))
                .findFirst()
                .orElseThrow();
    }

    /** Starts a host that does not vote, with a state directory and ports of its own; {@link #node} does not know it. */
    public TestNode join(String host) {
        Seat seat = Seat.free(host, NodeSettings.LOOPBACK);
        TestNode joining = TestNode.start(name, seat, voters, voters, NodeSettings.USUAL);
        joined.add(joining);
        return joining;
    }

    /** Starts a host again whose process ended, and waits until all see it. */
    public TestNode restart(TestNode ended) {
        TestNode again = ended.startAgain();
        nodes.set(nodes.indexOf(ended), again);
        again.awaitReady();
        awaitAllUp();
        return again;
    }

    /** Starts all hosts again, whose processes have all ended, as after a loss of power. */
    public void restartAll() {
        restart(List.copyOf(nodes));
    }

    /** Starts these again, whose processes have ended, and waits until all that live see each other. */
    public void restart(Collection<TestNode> ended) {
        nodes.replaceAll(node -> ended.contains(node) ? node.startAgain() : node);
        living().forEach(TestNode::awaitReady);
        awaitAllUp();
    }

    /** Waits until every living node sees every living node up, and the ledger answers. */
    public void awaitAllUp() {
        for (TestNode node : living()) {
            within(JOIN_LIMIT, "host " + node + " sees all hosts up", () -> seesAllUp(node));
        }
    }

    private boolean seesAllUp(TestNode node) {
        Set<String> up = new HashSet<>();
        for (JsonNode host : node.rest().get("/v1/hosts").ok()) {
            if (host.path("state").asText().equals("up")
                    && !host.path("incarnation").asText().isEmpty()) {
                up.add(host.path("name").asText());
            }
        }
        return up.containsAll(living().stream().map(TestNode::name).toList())
                && node.rest()
                        .get("/v1/cluster")
                        .ok()
                        .path("ledger")
                        .path("available")
                        .asBoolean();
    }

    /** The hosts that do not lead the ledger: what befalls them does not stop it. */
    public List<TestNode> followers() {
        TestNode leader = ledgerLeader(any());
        return living().stream().filter(node -> node != leader).toList();
    }

    /** The host that leads the ledger, as {@code asked} sees it. */
    public TestNode ledgerLeader(TestNode asked) {
        List<TestNode> leader = new ArrayList<>();
        within(JOIN_LIMIT, "the ledger has a leader", () -> {
            String name = asked.rest()
                    .get("/v1/cluster")
                    .ok()
                    .path("ledger")
                    .path("leader")
                    .asText();
            leader.add(node(name));
            return true;
        });
        return leader.get(leader.size() - 1);
    }

    /** Ends every node at once. */
    @Override
    public void close() {
        joined.forEach(TestNode::close);
        nodes.forEach(TestNode::close);
    }
}
