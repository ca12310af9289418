package io.godwit.actors.rebalance;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.ledger.LeaderView;
import io.godwit.actors.ledger.LeaderView.Contact;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParametersChange;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.RebalancerMode;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts with a voter each, all VMs on one. By the rebalancer's clock each look is 2 s after the one before it. */
@Timeout(180)
class RebalanceActorTest {
    private static final Duration ROUND = Duration.ofMillis(250);
    private static final long LOOK_MS = 2_000;

    @TempDir
    Path directory;

    private final AtomicReference<TwoHosts> hosts = new AtomicReference<>();
    private final AtomicReference<String> leader = new AtomicReference<>("a");
    private final AtomicLong clockMs = new AtomicLong();
    private final AtomicInteger failures = new AtomicInteger();

    @BeforeEach
    void start() throws Exception {
        hosts.set(new TwoHosts(new SimulatedMachineFactory(), services("a"), services("b")));
        Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
        for (String name : List.of("one", "two", "three", "four")) {
            VmSpec spec = new VmSpec(
                    name,
                    128L << 20,
                    1,
                    kernel.toString(),
                    "wss=2 rate=1 fill=16",
                    null,
                    DirtyLogKind.BITMAP,
                    new TreeSet<>());
            VmPlacement placement = new VmPlacement(List.of(), null, new TreeSet<>(), name.equals("one"));
            VmView vm = TwoHosts.get(hosts.get().client().create(spec.with(placement), "a"));
            hosts.get().ask(vm, VmActor.Start::new);
        }
        await().atMost(30, SECONDS).ignoreExceptions().until(() -> status().leads());
    }

    @AfterEach
    void stop() {
        hosts.get().close();
    }

    private RebalanceServices services(String host) {
        return new RebalanceServices(
                () -> leading(host), () -> clockMs.addAndGet(LOOK_MS), BalanceSettings.DEFAULT, ROUND);
    }

    /** As the voter beside that host would say. */
    private Optional<LeaderView.Leading> leading(String host) {
        if (leader.get().equals(host) && failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
            throw new IllegalStateException("the rebalancer of host " + host + " was to fail");
        }
        TwoHosts running = hosts.get();
        if (running == null || !leader.get().equals(host)) {
            return Optional.empty();
        }
        HostIdentity a = running.a().vault().identity();
        HostIdentity b = running.b().vault().identity();
        return Optional.of(new LeaderView.Leading(
                host.equals("a") ? 1 : 2,
                running.ledger().records(),
                Set.of(),
                Set.of(),
                Set.of(),
                Map.of(),
                running.ledger().rebalancer(),
                Map.of(a, Contact.HEARD, b, Contact.HEARD),
                List.of(a, b)));
    }

    private Rebalancing rebalancing() {
        return hosts.get().b().rebalancing();
    }

    private RebalancerView status() throws Exception {
        return TwoHosts.get(rebalancing().status());
    }

    private List<BalanceMove> moves() {
        return hosts.get().ledger().rebalancer().moves();
    }

    private long on(String host) throws Exception {
        return TwoHosts.get(hosts.get().client().vms()).stream()
                .filter(vm -> vm.host().equals(host))
                .count();
    }

    private void awaitRest() {
        await().atMost(90, SECONDS)
                .until(() -> moves().size() == 2 && moves().stream().allMatch(BalanceMove::isOver));
        await().atMost(60, SECONDS).until(() -> status().why().contains("is not above"));
    }

    @Test
    void shouldSayWhatItWouldMoveAndMoveNothing() throws Exception {
        await().atMost(60, SECONDS).until(() -> status().why().contains("(recommended only)"));
        RebalancerView status = status();

        assertThat(status.mode()).isEqualTo("recommend-only");
        assertThat(status.imbalance()).isGreaterThan(0.3);
        assertThat(status.after()).isLessThan(status.imbalance());
        assertThat(status.plan()).isNotEmpty().allSatisfy(move -> {
            assertThat(move.vms()).as("the pinned one").doesNotContain("one");
            assertThat(move.from()).isEqualTo("a");
            assertThat(move.to()).isEqualTo("b");
            assertThat(move.gain()).isPositive();
            assertThat(move.costMs()).isPositive();
            assertThat(move.begun()).isFalse();
        });
        assertThat(TwoHosts.get(rebalancing().rebalance(true)).plan())
                .extracting(RebalancerView.PlannedMove::vms)
                .hasSameSizeAs(status.plan());
        assertThat(on("b")).isZero();
        assertThat(moves()).isEmpty();
    }

    @Test
    void shouldMoveWhenAnOperatorAsksForIt() throws Exception {
        RebalancerView begun = TwoHosts.get(rebalancing().rebalance(false));

        assertThat(begun.plan()).filteredOn(RebalancerView.PlannedMove::begun).hasSize(2);
        awaitRest();
        assertThat(on("b")).isEqualTo(2);
        assertThat(status().moves()).hasSize(2).allSatisfy(move -> {
            assertThat(move.state()).isEqualTo(BalanceMove.State.COMPLETED);
            assertThat(move.asked()).isTrue();
            assertThat(move.gain()).isPositive();
            assertThat(move.costMs()).isPositive();
            assertThat(move.measuredGain()).isPositive();
            assertThat(move.measuredMs()).isPositive();
        });
    }

    @Test
    void shouldMoveUnaskedOnceItIsArmedAndComeToRest() throws Exception {
        assertThat(TwoHosts.get(rebalancing().setMode(RebalancerMode.ARMED)).mode())
                .isEqualTo("armed");

        awaitRest();

        assertThat(on("b")).isEqualTo(2);
        assertThat(moves()).extracting(BalanceMove::vm).doesNotHaveDuplicates().doesNotContain("one");
        assertThat(moves()).noneMatch(BalanceMove::asked);
        RebalancerView off = TwoHosts.get(rebalancing().setMode(RebalancerMode.OFF));
        assertThat(off.mode()).isEqualTo("off");
        assertThat(off.plan()).isEmpty();
        assertThat(off.notes()).singleElement().asString().matches("off since 20.*Z");
        assertThat(off.moves()).as("what was moved is not forgotten").hasSize(2);
    }

    @Test
    void shouldNeitherForgetNorRepeatWhatTheLastLeaderBegan() throws Exception {
        assertMovesSurvive(() -> leader.set("b"));
    }

    @Test
    void shouldNeitherForgetNorRepeatWhatItBeganBeforeItFailed() throws Exception {
        assertMovesSurvive(() -> {
            failures.set(1);
            await().atMost(30, SECONDS).until(() -> failures.get() == 0);
        });
    }

    private void assertMovesSurvive(Runnable fault) throws Exception {
        TwoHosts.get(hosts.get()
                .client()
                .changeClusterParameters(
                        ParametersChange.setting(MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, "4MiB/s"))));
        TwoHosts.get(rebalancing().setMode(RebalancerMode.ARMED));
        await().atMost(60, SECONDS).until(() -> moves().size() == 2);
        List<String> begun = moves().stream().map(BalanceMove::migrationId).toList();
        assertThat(moves()).as("the migrations are slow").noneMatch(BalanceMove::isOver);

        fault.run();

        awaitRest();
        assertThat(moves()).extracting(BalanceMove::migrationId).containsExactlyInAnyOrderElementsOf(begun);
        assertThat(moves()).extracting(BalanceMove::state).containsOnly(BalanceMove.State.COMPLETED);
        assertThat(hosts.get().ledger().records())
                .extracting(vm -> vm.epoch())
                .as("two VMs have moved once, two never")
                .containsExactlyInAnyOrder(1L, 1L, 2L, 2L);
    }
}
