package io.godwit.actors.testing;

import io.godwit.actors.admission.ProtocolRange;
import io.godwit.actors.alarm.Alarms;
import io.godwit.actors.cluster.ClusterClient;
import io.godwit.actors.cluster.ClusterSettings;
import io.godwit.actors.cluster.NodeGuardian;
import io.godwit.actors.cluster.NodeSystem;
import io.godwit.actors.host.HostFacts;
import io.godwit.actors.host.HostResources;
import io.godwit.actors.ledger.PermitLine;
import io.godwit.actors.maintenance.Maintenance;
import io.godwit.actors.migration.MigrationBook;
import io.godwit.actors.migration.MigrationSecurity;
import io.godwit.actors.migration.MigrationServices;
import io.godwit.actors.rebalance.RebalanceServices;
import io.godwit.actors.rebalance.Rebalancing;
import io.godwit.actors.recovery.Recoveries;
import io.godwit.actors.recovery.RecoveryServices;
import io.godwit.actors.storage.Storage;
import io.godwit.actors.vault.MachineVault;
import io.godwit.config.MigrationParameters;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.control.alarm.Alarm;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.transport.driver.DriverSettings;
import io.godwit.transport.stream.PageTransport;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.storage.VolumeStore;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.apache.pekko.actor.typed.ActorSystem;
import org.jspecify.annotations.Nullable;

/** A host inside the test's JVM: its own vault, media driver and actor system. */
public final class TestHost implements AutoCloseable {
    private static final AtomicInteger NUMBER = new AtomicInteger();

    private final MachineVault vault;
    private final PageTransport transport;
    private final NodeSystem node;
    private final AtomicReference<NodeGuardian.Started> started = new AtomicReference<>();
    private final AtomicReference<ActorSystem<?>> system = new AtomicReference<>();
    private final AtomicReference<Consumer<Alarm>> toldOfAlarms = new AtomicReference<>(alarm -> {});
    private final List<Alarm> raised = new CopyOnWriteArrayList<>();
    private final Alarms alarms = new Alarms() {
        @Override
        public List<Alarm> list() {
            return List.copyOf(raised);
        }

        @Override
        public void onRaised(Consumer<Alarm> listener) {
            toldOfAlarms.set(listener);
        }
    };
    private final AtomicInteger failures = new AtomicInteger();

    public TestHost(
            String name, int port, List<String> seeds, Ledger ledger, MachineFactory factory, long memoryBytes) {
        this(name, port, seeds, ledger, factory, memoryBytes, ProtocolRange.SPOKEN);
    }

    /** @param protocol what the host claims to speak */
    public TestHost(
            String name,
            int port,
            List<String> seeds,
            Ledger ledger,
            MachineFactory factory,
            long memoryBytes,
            ProtocolRange protocol) {
        this(
                name,
                port,
                seeds,
                ledger,
                factory,
                memoryBytes,
                protocol,
                new TestLine(),
                PermitTimes.DEFAULT,
                null,
                null);
    }

    /**
     * With a permit of its own.
     *
     * @param line by which it is renewed
     * @param recovery what recovery has beside a voter, null where it does not vote
     * @param rebalance what the rebalancer has there, likewise
     */
    public TestHost(
            String name,
            int port,
            List<String> seeds,
            Ledger ledger,
            MachineFactory factory,
            long memoryBytes,
            ProtocolRange protocol,
            PermitLine line,
            PermitTimes times,
            @Nullable RecoveryServices recovery,
            @Nullable RebalanceServices rebalance) {
        this(
                name,
                port,
                seeds,
                ledger,
                factory,
                memoryBytes,
                protocol,
                line,
                times,
                recovery,
                rebalance,
                Resources.NONE);
    }

    /** @param resources pools and networks */
    public TestHost(
            String name,
            int port,
            List<String> seeds,
            Ledger ledger,
            MachineFactory factory,
            long memoryBytes,
            ProtocolRange protocol,
            PermitLine line,
            PermitTimes times,
            @Nullable RecoveryServices recovery,
            @Nullable RebalanceServices rebalance,
            Resources resources) {
        this(
                name,
                port,
                seeds,
                ledger,
                factory,
                memoryBytes,
                protocol,
                line,
                times,
                recovery,
                rebalance,
                resources,
                HostRole.MEMBER);
    }

    private TestHost(
            String name,
            int port,
            List<String> seeds,
            Ledger ledger,
            MachineFactory factory,
            long memoryBytes,
            ProtocolRange protocol,
            PermitLine line,
            PermitTimes times,
            @Nullable RecoveryServices recovery,
            @Nullable RebalanceServices rebalance,
            Resources resources,
            HostRole role) {
        vault = new MachineVault(new HostIdentity(name, UUID.randomUUID().toString()), factory, memoryBytes, times);
        transport = PageTransport.start(DriverSettings.in(Path.of(
                "/dev/shm/godwit-test-" + ProcessHandle.current().pid() + "-" + name + NUMBER.incrementAndGet())));
        MigrationServices migration = new MigrationServices(
                transport,
                "127.0.0.1",
                false,
                2,
                Duration.ofSeconds(5),
                MigrationParameters.NONE,
                SwitchoverTimers.DEFAULT,
                new HostExperience(),
                MigrationSecurity.NONE,
                protocol);
        HostFacts facts = new HostFacts(2, "test", "0x1", "6.0", "http://127.0.0.1:0", "test");
        try {
            node = NodeSystem.start(
                    new ClusterSettings("godwit-test", name, "127.0.0.1", port, seeds, 2),
                    new NodeGuardian.Resources(
                            vault,
                            new VolumeStore(resources),
                            ledger,
                            facts,
                            HostResources.of(role, "", "", factory.cpuFeatures(), resources),
                            migration,
                            new MigrationBook(),
                            line,
                            new TestJoinLine(ledger),
                            recovery,
                            rebalance,
                            null,
                            true,
                            alarms),
                    CompletableFuture.completedStage(null),
                    (actorSystem, now) -> {
                        if (failures.getAndUpdate(left -> Math.max(0, left - 1)) > 0) {
                            throw new IllegalStateException("this start was to fail");
                        }
                        system.set(actorSystem);
                        started.set(now);
                    });
        } catch (RuntimeException failed) {
            closeMachines();
            throw failed;
        }
    }

    /** A host that is to run no VMs, though it has room and machines for them. */
    public static TestHost witness(
            String name, int port, List<String> seeds, Ledger ledger, MachineFactory factory, long memoryBytes) {
        return new TestHost(
                name,
                port,
                seeds,
                ledger,
                factory,
                memoryBytes,
                ProtocolRange.SPOKEN,
                new TestLine(),
                PermitTimes.DEFAULT,
                null,
                null,
                Resources.NONE,
                HostRole.WITNESS);
    }

    public ClusterClient client() {
        return started.get().client();
    }

    public Rebalancing rebalancing() {
        return started.get().rebalancing();
    }

    public Recoveries recoveries() {
        return started.get().recoveries();
    }

    public Maintenance maintenance() {
        return started.get().maintenance();
    }

    /** As if the host had noticed it. */
    public void raise(Alarm alarm) {
        raised.add(alarm);
        toldOfAlarms.get().accept(alarm);
    }

    public Storage storage() {
        return started.get().storage();
    }

    public MachineVault vault() {
        return vault;
    }

    public ActorSystem<?> system() {
        return system.get();
    }

    /** Of the starts that follow the first, so many fail. */
    public void failStarts(int count) {
        failures.set(count);
    }

    public int startsToFail() {
        return failures.get();
    }

    @Override
    public void close() {
        try {
            node.close();
        } finally {
            closeMachines();
        }
    }

    private void closeMachines() {
        try {
            vault.close();
        } finally {
            transport.close();
        }
    }
}
