package io.godwit.node;

import io.godwit.actors.alarm.AlarmWatch;
import io.godwit.actors.cluster.ClusterSettings;
import io.godwit.actors.cluster.NodeGuardian;
import io.godwit.actors.cluster.NodeSystem;
import io.godwit.actors.host.HostResources;
import io.godwit.actors.ledger.HostName;
import io.godwit.actors.ledger.LeaderLine;
import io.godwit.actors.ledger.LeaderView;
import io.godwit.actors.ledger.LedgerProbe;
import io.godwit.actors.ledger.LedgerSettings;
import io.godwit.actors.ledger.PermitLine;
import io.godwit.actors.ledger.RatisJoinLine;
import io.godwit.actors.ledger.RatisLedger;
import io.godwit.actors.ledger.RatisPermitLine;
import io.godwit.actors.ledger.VoterBook;
import io.godwit.actors.ledger.VoterChange;
import io.godwit.actors.ledger.VoterSeat;
import io.godwit.actors.migration.MigrationBook;
import io.godwit.actors.migration.MigrationSecurity;
import io.godwit.actors.migration.MigrationServices;
import io.godwit.actors.rebalance.RebalanceServices;
import io.godwit.actors.recovery.FenceCommand;
import io.godwit.actors.recovery.Fencer;
import io.godwit.actors.recovery.RecoveryServices;
import io.godwit.actors.tls.NodeTls;
import io.godwit.actors.vault.MachineVault;
import io.godwit.actors.voters.VoterServices;
import io.godwit.config.HostPort;
import io.godwit.config.NodeConfig;
import io.godwit.config.Units;
import io.godwit.config.tls.PemException;
import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.kvm.linux.BoottimeClock;
import io.godwit.migration.convergence.HostExperience;
import io.godwit.transport.LaneStripes;
import io.godwit.transport.driver.DriverSettings;
import io.godwit.transport.stream.PageTransport;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineFactory;
import io.godwit.vmm.Machines;
import io.godwit.vmm.admission.HostMemory;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import io.godwit.vmm.storage.VolumeStore;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One host's node, put together: what outlives an actor system (machines, media driver, ledger) below, the actor system
 * and its gateway above.
 */
final class Node implements AutoCloseable {
    /** The streams decide that a link is lost before Aeron does. */
    private static final Duration LIVENESS_MARGIN = Duration.ofSeconds(2);

    private static final Duration NAME_PATIENCE = Duration.ofSeconds(3);
    private static final Logger LOG = LoggerFactory.getLogger(Node.class);

    private final String name;
    private final HostPort api;
    private final NodeSystem system;
    private final HostName hostName;
    private final ShutdownDrain drain;
    private final Closing closing;

    private Node(
            String name, HostPort api, NodeSystem system, HostName hostName, ShutdownDrain drain, Closing closing) {
        this.name = name;
        this.api = api;
        this.system = system;
        this.hostName = hostName;
        this.drain = drain;
        this.closing = closing;
    }

    /**
     * Starts everything; returns when the gateway serves. Blocks.
     *
     * @throws NodeStartException saying which part could not start; nothing is left behind
     */
    static Node start(NodeConfig config) {
        Closing closing = new Closing();
        try {
            return start(config, closing);
        } catch (NodeStartException failed) {
            closing.close();
            throw failed;
        } catch (RuntimeException failed) {
            closing.close();
            throw new NodeStartException(
                    "host " + config.host().name() + " could not start: "
                            + rootOf(failed).getMessage(),
                    failed);
        }
    }

    private static Node start(NodeConfig config, Closing closing) {
        String name = config.host().name();
        StateDir state =
                closing.add("state directory", StateDir.open(config.host().stateDir(), name));
        HostPort api = resolved(config.api());
        boolean witness = config.host().isWitness();
        MachineFactory factory =
                witness ? new SimulatedMachineFactory() : factory(config.hypervisor(), config.resources());
        long guestBytes = witness ? 0 : guestBytes(config.hypervisor());
        NodeTls tls = tls(config);
        LedgerSettings ledgerSettings = ledgerSettings(config, state, tls);
        VoterBook book = closing.add("book of the ledger's voters", voterBook(ledgerSettings, state));
        VoterSeat seat = closing.add("ledger voter", voterSeat(ledgerSettings, book, name));
        LeaderLine leader =
                closing.add("line to the ledger's leader", new LeaderLine(ledgerSettings, book, PermitTimes.DEFAULT));
        RatisLedger ledger = closing.add("ledger client", new RatisLedger(ledgerSettings, leader));
        VoterServices voters = new VoterServices(
                config.cluster().name(),
                name,
                book,
                seat,
                closing.add("probe of the ledger's voters", new LedgerProbe(ledgerSettings, leader)),
                closing.add("change of the ledger's voters", new VoterChange(ledgerSettings, leader)),
                ledger,
                config.cluster().address().host());
        PermitLine permitLine = new RatisPermitLine(leader, PermitTimes.DEFAULT);
        RatisJoinLine joinLine = closing.add("line for joining the cluster", new RatisJoinLine(ledgerSettings, leader));
        PageTransport transport = closing.add("page transport", PageTransport.start(driver(config)));
        MachineVault vault = closing.add(
                "machine vault",
                new MachineVault(new HostIdentity(name, UUID.randomUUID().toString()), factory, guestBytes));
        HostName hostName = closing.add(
                "host name",
                HostName.claim(
                        ledger,
                        vault.identity(),
                        state.id().toString(),
                        config.host().role()));
        MigrationBook migrations = new MigrationBook();
        NodeMetrics metrics = closing.add("metrics", new NodeMetrics(vault, migrations));
        AlarmWatch alarms = closing.add("alarm watch", AlarmWatch.start(seat::logPosition));
        GatewayTenant gateway = new GatewayTenant(config, api, voters, metrics, state.resolve("qmp"));
        ShutdownDrain drain = new ShutdownDrain(config.host());
        WarmUp warmUp = new WarmUp(transport, factory, state.resolve("rehearsal.elf"));
        NodeSystem system = closing.add(
                "actor system",
                NodeSystem.start(
                        clusterSettings(config, tls),
                        new NodeGuardian.Resources(
                                vault,
                                new VolumeStore(config.resources()),
                                hostName.ledger(),
                                HostInventory.read(url(api)),
                                HostResources.of(
                                        config.host().role(),
                                        config.host().zone(),
                                        HostInventory.cpuVendor(),
                                        factory.cpuFeatures(),
                                        config.resources()),
                                migrationServices(config, transport, tls),
                                migrations,
                                hostName.permits(permitLine),
                                joinLine,
                                recovery(config, seat),
                                rebalance(config.rebalance(), seat),
                                voters,
                                config.host().autoMigrateOnHostDown(),
                                alarms),
                        hostName.held(),
                        (actors, started) -> {
                            if (!witness) {
                                warmUp.once(actors);
                            }
                            drain.use(started);
                            gateway.start(actors, started);
                        }));
        closing.add("gateway", gateway);
        awaitName(hostName);
        return new Node(name, api, system, hostName, drain, closing);
    }

    private static long guestBytes(NodeConfig.Hypervisor hypervisor) {
        long hostBytes = HostMemory.read().totalBytes();
        long guestBytes = hypervisor.guestMemoryBytes(hostBytes);
        if (guestBytes == 0) {
            throw new NodeStartException("hypervisor.reserve = " + Units.formatSize(hypervisor.reserveBytes())
                    + " leaves nothing for guests; this host has " + Units.formatApproximateSize(hostBytes));
        }
        return guestBytes;
    }

    /** Where the ledger has a majority, it has answered by now. Where it has none, that is for the cluster to show. */
    private static void awaitName(HostName name) {
        try {
            name.held().toCompletableFuture().get(NAME_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (ExecutionException taken) {
            throw new NodeStartException(String.valueOf(rootOf(taken).getMessage()), taken);
        } catch (TimeoutException noMajority) {
            LOG.warn("the ledger has not confirmed this host's name yet; it joins the cluster when it has");
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new NodeStartException("interrupted while the ledger is asked for this host's name", interrupted);
        }
    }

    private static MachineFactory factory(NodeConfig.Hypervisor hypervisor, NodeConfig.Resources resources) {
        try {
            return Machines.factory(
                    switch (hypervisor.backend()) {
                        case AUTO -> Machines.Choice.AUTO;
                        case KVM -> Machines.Choice.KVM;
                        case SIMULATED -> Machines.Choice.SIMULATED;
                    },
                    resources);
        } catch (MachineException unusable) {
            throw new NodeStartException(
                    "hypervisor.backend = kvm: " + unusable.getMessage()
                            + "; expected a host with KVM, or auto or simulated",
                    unusable);
        }
    }

    /** The configuration's reader has judged the files; they are read again, and may have changed since. */
    private static @Nullable NodeTls tls(NodeConfig config) {
        if (config.tls().isEmpty()) {
            return null;
        }
        NodeConfig.Tls tls = config.tls().get();
        try {
            return NodeTls.open(tls);
        } catch (PemException | IllegalArgumentException unusable) {
            throw new NodeStartException(
                    "tls.certificate = %s, tls.key = %s, tls.ca = %s: one of them %s"
                            .formatted(tls.certificate(), tls.key(), tls.ca(), unusable.getMessage()),
                    unusable);
        }
    }

    private static LedgerSettings ledgerSettings(NodeConfig config, StateDir state, @Nullable NodeTls tls) {
        List<LedgerSettings.Voter> voters = config.ledger().voters().stream()
                .map(voter -> new LedgerSettings.Voter(
                        voter.host(), voter.address().host(), voter.address().port()))
                .toList();
        String self = config.ledger()
                .voter(config.host().name())
                .map(NodeConfig.Voter::host)
                .orElse(null);
        return new LedgerSettings(
                config.cluster().name(), voters, self, state.resolve("ledger"), LedgerSettings.Timeouts.DEFAULT, tls);
    }

    private static VoterBook voterBook(LedgerSettings settings, StateDir state) {
        try {
            return VoterBook.open(state.resolve("voters"), settings);
        } catch (IOException failed) {
            throw new NodeStartException("who votes for the ledger cannot be read: " + failed.getMessage(), failed);
        }
    }

    private static VoterSeat voterSeat(LedgerSettings settings, VoterBook book, String host) {
        try {
            return VoterSeat.open(settings, book, host, PermitTimes.DEFAULT, BoottimeClock::nowMs);
        } catch (IOException failed) {
            throw new NodeStartException("this host's ledger voter could not start: " + failed.getMessage(), failed);
        }
    }

    private static RecoveryServices recovery(NodeConfig config, LeaderView voter) {
        NodeConfig.Fencing fencing = config.fencing();
        Fencer fencer = fencing.command().isEmpty()
                ? Fencer.NONE
                : new FenceCommand(config.cluster().name(), fencing);
        return new RecoveryServices(voter, BoottimeClock::nowMs, fencer, fencing.retries());
    }

    private static RebalanceServices rebalance(NodeConfig.Rebalance config, LeaderView voter) {
        BalanceSettings settings = new BalanceSettings(
                switch (config.policy()) {
                    case BALANCE -> BalanceSettings.Policy.BALANCE;
                    case CONSOLIDATE -> BalanceSettings.Policy.CONSOLIDATE;
                },
                config.threshold(),
                config.holdRounds(),
                config.margin(),
                config.cooldownMs(),
                config.maxMigrations(),
                config.maxMigrationsPerHost(),
                true,
                false);
        return new RebalanceServices(voter, BoottimeClock::nowMs, settings, Duration.ofMillis(config.roundMs()));
    }

    private static DriverSettings driver(NodeConfig config) {
        Path directory =
                DriverDirectory.of(config.host().name(), ProcessHandle.current().pid());
        return DriverSettings.in(directory)
                .withPorts(
                        config.migration().ports().first(),
                        config.migration().ports().last())
                .withPeerLiveness(
                        Duration.ofMillis(config.migration().linkTimeoutMs()).plus(LIVENESS_MARGIN));
    }

    private static MigrationServices migrationServices(
            NodeConfig config, PageTransport transport, @Nullable NodeTls tls) {
        NodeConfig.Migration migration = config.migration();
        return new MigrationServices(
                transport,
                addressLiteral(migration.bind()),
                migration.jumboFrames(),
                Math.min(LaneStripes.MAX_LANES, migration.ports().size()),
                Duration.ofMillis(migration.linkTimeoutMs()),
                migration.defaults(),
                SwitchoverTimers.DEFAULT,
                new HostExperience(),
                MigrationSecurity.of(tls));
    }

    private static String addressLiteral(String host) {
        try {
            return InetAddress.getByName(host).getHostAddress();
        } catch (UnknownHostException unknown) {
            throw new NodeStartException(
                    "migration.bind = " + host + " is not known here; expected an address of this host", unknown);
        }
    }

    private static ClusterSettings clusterSettings(NodeConfig config, @Nullable NodeTls tls) {
        HostPort address = config.cluster().address();
        List<String> seeds =
                config.cluster().seeds().stream().map(HostPort::toString).toList();
        return new ClusterSettings(
                config.cluster().name(),
                config.host().name(),
                address.host(),
                address.port(),
                seeds,
                Math.max(seeds.size(), config.ledger().voters().size()),
                tls);
    }

    /** A free port where none was asked for: the other hosts are told the URL before the gateway serves. */
    private static HostPort resolved(HostPort api) {
        try (ServerSocket probe = new ServerSocket()) {
            probe.setReuseAddress(true);
            probe.bind(new InetSocketAddress(api.host(), api.port()));
            return new HostPort(api.host(), probe.getLocalPort());
        } catch (IOException taken) {
            throw new NodeStartException(
                    "the API cannot listen on " + api + ": " + taken.getMessage()
                            + "; expected a free api.port on an address of this host",
                    taken);
        }
    }

    private static String url(HostPort api) {
        return "http://" + (api.isWildcard() ? new HostPort(localName(), api.port()) : api);
    }

    private static String localName() {
        try {
            return InetAddress.getLocalHost().getHostAddress();
        } catch (UnknownHostException nameless) {
            return "127.0.0.1";
        }
    }

    private static Throwable rootOf(Throwable failure) {
        Throwable root = failure;
        while (root.getCause() != null) {
            root = root.getCause();
        }
        return root;
    }

    String name() {
        return name;
    }

    String url() {
        return url(api);
    }

    /** Fails where the node cannot go on, or may not: the ledger said late that its name is another host's. */
    CompletionStage<Void> ended() {
        CompletableFuture<Void> ended = new CompletableFuture<>();
        system.ended().whenComplete((done, failure) -> complete(ended, failure));
        hostName.held().whenComplete((held, taken) -> {
            if (taken != null) {
                complete(ended, taken);
            }
        });
        return ended;
    }

    private static void complete(CompletableFuture<Void> stage, @Nullable Throwable failure) {
        if (failure == null) {
            stage.complete(null);
        } else {
            stage.completeExceptionally(failure);
        }
    }

    /** Has its VMs moved away where that is configured, then closes. Blocks. */
    void leave() {
        drain.run();
        close();
    }

    /** Leaves in order: the gateway, the cluster, the machines, the streams, the ledger, the lock. Blocks. */
    @Override
    public void close() {
        closing.close();
    }
}
