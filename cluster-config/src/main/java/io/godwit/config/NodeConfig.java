package io.godwit.config;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/**
 * The bootstrap file of one node, read and checked. Read by {@link NodeConfigReader}; every key is described in
 * {@link ConfigKeys}.
 */
public record NodeConfig(
        Host host,
        HostPort api,
        Cluster cluster,
        Ledger ledger,
        Hypervisor hypervisor,
        Resources resources,
        Migration migration,
        Fencing fencing,
        Rebalance rebalance,
        Optional<Tls> tls,
        LogLevel logLevel) {

    /** What a host is in its cluster for. */
    public enum HostRole {
        /** Runs VMs; keeps the ledger too where it is named among the voters. */
        MEMBER,
        /** Keeps the ledger and serves operators, and runs no VMs: the third voter of two hosts. */
        WITNESS
    }

    /**
     * Who this node is.
     *
     * @param name unique in the cluster, and for ever: the ledger knows the owner of a VM by it
     * @param stateDir the ledger's log and this host's lock; one process at a time
     * @param autoMigrateOnHostDown whether its movable VMs are started elsewhere when it is down
     * @param shutdownLimitMs how long its VMs may be moved away for before its node ends; 0 where they are not
     * @param zone the part of the cluster that it belongs to; empty where there are none
     */
    public record Host(
            String name,
            Path stateDir,
            boolean autoMigrateOnHostDown,
            long shutdownLimitMs,
            String zone,
            HostRole role) {
        public boolean isWitness() {
            return role == HostRole.WITNESS;
        }
    }

    /**
     * Membership.
     *
     * @param address where the other nodes' messages arrive, and what they dial
     * @param seeds whom to ask for the cluster; never empty, this node itself where nobody is named
     */
    public record Cluster(String name, HostPort address, List<HostPort> seeds) {
        public Cluster {
            seeds = List.copyOf(seeds);
        }
    }

    /**
     * The replicated log.
     *
     * @param voters 1, 3 or 5 hosts that keep it; the others are clients
     */
    public record Ledger(List<Voter> voters) {
        public Ledger {
            voters = List.copyOf(voters);
        }

        /** This host's voter; empty where it is none. */
        public Optional<Voter> voter(String host) {
            return voters.stream().filter(voter -> voter.host().equals(host)).findFirst();
        }
    }

    /** A host that keeps the ledger, and where its voter listens and is dialled. */
    public record Voter(String host, HostPort address) {}

    /** What executes guests. */
    public enum BackendChoice {
        /** KVM where {@code /dev/kvm} can be opened, else simulated, said loudly. */
        AUTO,
        KVM,
        SIMULATED
    }

    /**
     * What guests may use.
     *
     * @param memoryBytes most RAM of all guests together; empty for the host's RAM less {@code reserveBytes}
     * @param reserveBytes RAM left to the host and this JVM where {@code memoryBytes} is not given
     */
    public record Hypervisor(BackendChoice backend, OptionalLong memoryBytes, long reserveBytes) {
        /** Most RAM of all guests together on a host with {@code hostBytes}; 0 where the reserve takes it all. */
        public long guestMemoryBytes(long hostBytes) {
            return Math.max(0, Math.min(memoryBytes.orElse(Long.MAX_VALUE), hostBytes - reserveBytes));
        }
    }

    /**
     * What VMs on this host may be given, by name.
     *
     * @param pools directories with disk images
     * @param networks what interfaces may be joined to
     */
    public record Resources(List<StoragePool> pools, List<Network> networks) {
        public static final Resources NONE = new Resources(List.of(), List.of());

        public Resources {
            pools = List.copyOf(pools);
            networks = List.copyOf(networks);
        }

        public Optional<StoragePool> pool(String name) {
            return pools.stream().filter(pool -> pool.name().equals(name)).findFirst();
        }

        public Optional<Network> network(String name) {
            return networks.stream()
                    .filter(network -> network.name().equals(name))
                    .findFirst();
        }
    }

    /** Who else has the files of a pool. */
    public enum PoolKind {
        /** This host alone. */
        LOCAL,
        /** Every host that names the pool. */
        SHARED
    }

    /** What a shared pool wants before a VM that writes it is started on another host. */
    public enum PoolFencing {
        /** That the fence command has said that the old host is off. */
        COMMAND,
        /** That the old host's run permit has ended. A write that was under way may arrive late. */
        TRUST_PERMIT,
        /** That an operator has confirmed the old host dead. */
        NONE
    }

    /**
     * A directory with disk images.
     *
     * @param fencing nobody asks for it in a local pool
     */
    public record StoragePool(String name, Path path, PoolKind kind, PoolFencing fencing) {
        /** With no fencing. */
        public StoragePool(String name, Path path, PoolKind kind) {
            this(name, path, kind, PoolFencing.NONE);
        }
    }

    /**
     * How the host whose voter leads the ledger fences another.
     *
     * @param command a program's absolute path and its arguments; empty for none
     * @param timeoutMs after which it is killed and counts as failed
     * @param retries after the first failure that follow soon
     */
    public record Fencing(List<String> command, long timeoutMs, int retries) {
        public Fencing {
            command = List.copyOf(command);
        }
    }

    /** What VMs are moved for unasked. */
    public enum BalancePolicy {
        /** All hosts alike. */
        BALANCE,
        /** As few hosts as carry it. */
        CONSOLIDATE
    }

    /**
     * When the host whose voter leads the ledger moves VMs unasked. Whether it may at all the ledger says.
     *
     * @param roundMs between two looks at all hosts
     * @param threshold of the imbalance
     * @param holdRounds in a row for which it has to be above
     * @param margin share of the imbalance that a plan has to take away
     * @param cooldownMs after a move in which the VM is not moved again
     * @param maxMigrations under way in the cluster
     * @param maxMigrationsPerHost from or to it
     */
    public record Rebalance(
            BalancePolicy policy,
            long roundMs,
            double threshold,
            int holdRounds,
            double margin,
            long cooldownMs,
            int maxMigrations,
            int maxMigrationsPerHost) {
        public static final Rebalance DEFAULT =
                new Rebalance(BalancePolicy.BALANCE, 15_000, 0.3, 3, 0.1, 3_600_000, 5, 2);
    }

    /**
     * A network of VMs.
     *
     * @param bridge of this host; empty where the operator looks after the taps
     */
    public record Network(String name, Optional<String> bridge) {}

    /**
     * The page streams.
     *
     * @param bind the address on which page streams arrive
     * @param ports one for each lane of each migration that arrives at the same time
     * @param linkTimeoutMs how long a silent link suspends a migration before it fails
     * @param defaults what a migration uses where its request says nothing
     * @param jumboFrames whether the path between all hosts carries 9000-byte Ethernet frames
     */
    public record Migration(
            String bind, PortRange ports, long linkTimeoutMs, MigrationParameters defaults, boolean jumboFrames) {}

    /**
     * What the nodes prove themselves to each other with; without it they speak in the clear.
     *
     * @param certificate this node's, a PEM file
     * @param key its private key
     * @param ca the cluster's CA
     * @param authz names of certificates whose holders may migrate VMs to this host; never empty
     */
    public record Tls(Path certificate, Path key, Path ca, List<String> authz) {
        /** In {@code authz}: every certificate of the CA. */
        public static final String EVERYBODY = "*";

        public Tls {
            authz = List.copyOf(authz);
        }
    }

    /** How much the node logs to its standard error. */
    public enum LogLevel {
        ERROR,
        WARN,
        INFO,
        DEBUG,
        TRACE
    }
}
