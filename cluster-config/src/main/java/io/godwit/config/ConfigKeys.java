package io.godwit.config;

import io.godwit.config.ConfigKey.Shape;
import io.godwit.config.NodeConfig.BackendChoice;
import io.godwit.config.NodeConfig.BalancePolicy;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.NodeConfig.LogLevel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import java.util.stream.Stream;

/** Every key of the configuration file. The reader, the sample file and the documentation are made from this. */
public final class ConfigKeys {
    static final int LEDGER_PORT = 7402;

    static final ConfigKey<String> HOST_NAME = ConfigKey.required(
            "host.name",
            ValueType.name(),
            "This host's name, unique in the cluster and never changed: the ledger knows the owner of a VM by it.");

    static final ConfigKey<HostRole> ROLE = ConfigKey.of(
            "host.role",
            ValueType.oneOf(HostRole.class),
            "member",
            "member runs VMs; witness runs none, needs neither KVM nor memory for guests, and is there to vote: two hosts need"
                    + " one as their third voter, or nothing fails over. No witness starts while the ledger has VMs of its name.");

    static final ConfigKey<String> STATE_DIR = ConfigKey.of(
            "host.state-dir",
            ValueType.text("a directory, made where it is missing"),
            "/var/lib/godwit",
            "Where this host keeps its part of the ledger. It is locked: a second node on it is refused.");

    static final ConfigKey<Boolean> AUTO_MIGRATE = ConfigKey.of(
            "host.auto-migrate-on-host-down",
            ValueType.bool(),
            "true",
            "Whether VMs that may run elsewhere are started on other hosts when this one is down. If not, they wait for it,"
                    + " or for godwit host confirm-dead. The host tells the cluster at each start.");

    static final ConfigKey<String> ZONE = ConfigKey.of(
            "host.zone",
            ValueType.name().or("none", "", name -> name),
            "none",
            "The part of the cluster that this host belongs to, such as a rack or a room. VMs may be bound to zones.");
    static final ConfigKey<Boolean> DRAIN_AT_SHUTDOWN = ConfigKey.of(
            "host.auto-migrate-on-host-shutdown",
            ValueType.bool(),
            "false",
            "Whether running VMs are moved to other hosts before this node ends when it is told to (SIGTERM), and back when it"
                    + " starts again. Needs host.auto-migrate-on-host-down.");

    static final ConfigKey<Long> SHUTDOWN_LIMIT = ConfigKey.of(
            "host.shutdown-limit",
            ValueType.durationMs(1_000, 86_400_000),
            "5m",
            "How long that may take. Then the node ends, and with it what still runs here. Whoever stops the node has to wait"
                    + " longer.");

    static final ConfigKey<String> API_BIND = ConfigKey.of(
            "api.bind",
            HostPort.hostType(),
            "127.0.0.1",
            "Address of the HTTP gateway. It asks for no password: put it on a network you trust.");

    static final ConfigKey<Integer> API_PORT = ConfigKey.of(
            "api.port",
            ValueType.integer(0, 65_535),
            "7400",
            "Port of the HTTP gateway; 0 takes a free one, which the ready line tells.");

    static final ConfigKey<String> CLUSTER_NAME = ConfigKey.of(
            "cluster.name", ValueType.clusterName(), "godwit", "Only nodes of the same cluster name meet.");

    static final ConfigKey<String> CLUSTER_BIND = ConfigKey.of(
            "cluster.bind",
            HostPort.hostType(),
            "127.0.0.1",
            "Address on which the other nodes' actor messages arrive, over TCP, and which they are told to dial.");

    static final ConfigKey<Integer> CLUSTER_PORT =
            ConfigKey.of("cluster.port", ValueType.integer(1, 65_535), "7401", "Port of the same.");

    static final ConfigKey<HostPort> SEEDS = ConfigKey.list(
            "cluster.seeds",
            Shape.LIST,
            HostPort.type(),
            "this node alone",
            "Nodes that are asked for the cluster at start: cluster addresses of some of its hosts.");

    static final ConfigKey<HostPort> VOTERS = ConfigKey.list(
            "ledger.voters",
            Shape.VOTERS,
            HostPort.type(),
            "this host alone, at cluster.bind and port " + LEDGER_PORT,
            "The hosts that keep the replicated log of who owns which VM, the same list on every host."
                    + " Three survive the loss of one, five of two. It counts before the ledger's first start; later godwit"
                    + " ledger replace changes who votes, and each host keeps that in its state directory.");

    static final ConfigKey<BackendChoice> BACKEND = ConfigKey.of(
            "hypervisor.backend",
            ValueType.oneOf(BackendChoice.class),
            "auto",
            "auto takes KVM where /dev/kvm can be opened, else simulated machines without a CPU, and says so.");

    static final ConfigKey<OptionalLong> MEMORY = ConfigKey.of(
            "hypervisor.memory",
            ValueType.size(VmSpec.MIN_MEMORY_BYTES, 1L << 50).or("auto", OptionalLong.empty(), OptionalLong::of),
            "auto",
            "Most RAM of all guests of this host together, never more than what hypervisor.reserve leaves;"
                    + " auto takes all that it leaves.");

    static final ConfigKey<Long> RESERVE = ConfigKey.of(
            "hypervisor.reserve",
            ValueType.size(0, 1L << 50),
            "1GiB",
            "RAM of the host that guests never get: for the host itself, this JVM and the page streams.");

    static final ConfigKey<Path> POOLS = ConfigKey.list(
            "storage.pools",
            Shape.POOLS,
            ResourcesReader.directoryType(),
            "none",
            "Directories with disk images. A shared pool is the same directory on every host that names it, such as an NFS"
                    + " mount: its disks stay where they are when their VM moves. A local one is this host's own."
                    + " fencing (none where it is left out) says what a shared pool wants before a VM of a host that is down"
                    + " is started elsewhere: that fencing.command succeeded, only that the host's run permit ended, or an"
                    + " operator's godwit host confirm-dead.");

    static final ConfigKey<String> FENCING_COMMAND = ConfigKey.list(
            "fencing.command",
            Shape.LIST,
            ValueType.text("the absolute path of a program, or one of the arguments behind it"),
            "none",
            "Makes sure that a host is off, or cannot reach shared disks. Run on the host whose voter leads the ledger, so put"
                    + " it on each voter; GODWIT_FENCE_HOST and GODWIT_FENCE_INCARNATION in its environment name the host,"
                    + " GODWIT_CLUSTER the cluster. Exit status 0 means that the host is fenced.");

    static final ConfigKey<Long> FENCING_TIMEOUT = ConfigKey.of(
            "fencing.timeout",
            ValueType.durationMs(100, 600_000),
            "30s",
            "How long the command may take; then it is killed, and has failed.");

    static final ConfigKey<Integer> FENCING_RETRIES = ConfigKey.of(
            "fencing.retries",
            ValueType.integer(0, 100),
            "3",
            "How often a command that failed is run again within a minute or so. After that it is run once a minute, and an"
                    + " operator is asked to confirm the host dead.");

    static final ConfigKey<BalancePolicy> REBALANCE_POLICY = ConfigKey.of(
            "rebalance.policy",
            ValueType.oneOf(BalancePolicy.class),
            "balance",
            "What VMs are moved for once godwit rebalance arm was said: balance for hosts that carry alike, consolidate for as"
                    + " few hosts as carry it all. The host whose voter leads the ledger does it, so say the same on each voter.");

    static final ConfigKey<Long> REBALANCE_ROUND = ConfigKey.of(
            "rebalance.round",
            ValueType.durationMs(2_000, 3_600_000),
            "15s",
            "How long between two looks at the load of all hosts.");

    static final ConfigKey<Double> REBALANCE_THRESHOLD = ConfigKey.of(
            "rebalance.threshold",
            ValueType.decimal(0, 10),
            "0.3",
            "The imbalance above which VMs are moved for balance: 0.3 says that hosts are typically 30 % off the mean.");

    static final ConfigKey<Integer> REBALANCE_HOLD_ROUNDS = ConfigKey.of(
            "rebalance.hold-rounds",
            ValueType.integer(1, 1_000),
            "3",
            "For how many rounds in a row it has to be above before anything is moved for it.");

    static final ConfigKey<Double> REBALANCE_MARGIN = ConfigKey.of(
            "rebalance.margin",
            ValueType.decimal(0, 1),
            "0.1",
            "Share of the imbalance that a plan has to take away: one that brings less is not begun.");

    static final ConfigKey<Long> REBALANCE_COOLDOWN = ConfigKey.of(
            "rebalance.cooldown",
            ValueType.durationMs(0, 604_800_000),
            "1h",
            "How long a VM that was moved for balance stays where it is.");

    static final ConfigKey<Integer> REBALANCE_MIGRATIONS = ConfigKey.of(
            "rebalance.max-migrations",
            ValueType.integer(1, 1_000),
            "5",
            "Most migrations under way in the cluster, whoever began them, while another is begun for balance.");

    static final ConfigKey<Integer> REBALANCE_MIGRATIONS_PER_HOST = ConfigKey.of(
            "rebalance.max-migrations-per-host", ValueType.integer(1, 1_000), "2", "The same, from or to one host.");

    static final ConfigKey<String> NETWORKS = ConfigKey.list(
            "network.networks",
            Shape.NETWORKS,
            ResourcesReader.interfaceType(),
            "none",
            "What VMs may be joined to. The bridge has to be there; without one a VM's tap is left to the operator's own"
                    + " routing. Hosts between which VMs move name the same networks.");

    static final ConfigKey<String> MIGRATION_BIND = ConfigKey.derived(
            "migration.bind",
            HostPort.hostType(),
            "cluster.bind",
            "Address on which guest pages arrive over UDP; the sender's side dials it.");

    static final ConfigKey<PortRange> MIGRATION_PORTS = ConfigKey.of(
            "migration.ports",
            PortRange.type(),
            "7410-7429",
            "UDP ports of arriving page streams, one for each lane of each migration that arrives at the same time.");

    static final ConfigKey<Long> LINK_TIMEOUT = ConfigKey.of(
            "migration.link-timeout",
            ValueType.durationMs(1_000, 60_000),
            "5s",
            "How long a migration whose link fell silent stays suspended, to go on when the link is back,"
                    + " before it fails.");

    static final ConfigKey<Boolean> JUMBO_FRAMES = ConfigKey.of(
            "migration.jumbo-frames",
            ValueType.bool(),
            "false",
            "Whether the path between all hosts carries 9000-byte Ethernet frames: pages then cost a third of the CPU."
                    + " Loopback is found out by itself.");

    static final ConfigKey<Optional<Path>> TLS_CERTIFICATE = ConfigKey.of(
            "tls.certificate",
            file("a PEM file"),
            "none",
            "This node's certificate, followed by those between it and the CA, if any. It has to name host.name and what"
                    + " the other nodes dial (cluster.bind, this host's voter) among its subject alternative names."
                    + " With certificates the nodes speak TLS 1.3 to each other, both sides verified, and pages are"
                    + " sealed; see godwit cert init.");

    static final ConfigKey<Optional<Path>> TLS_KEY = ConfigKey.of(
            "tls.key",
            file("a PEM file that not every user of the host may read"),
            "none",
            "The certificate's private key: PKCS#8, without a password.");

    static final ConfigKey<Optional<Path>> TLS_CA = ConfigKey.of(
            "tls.ca",
            file("a PEM file"),
            "none",
            "The cluster's CA, the same on every host. Whoever has a certificate signed by it is a member: make one for"
                    + " this cluster alone.");

    static final ConfigKey<String> TLS_AUTHZ = ConfigKey.list(
            "tls.authz",
            Shape.LIST,
            ValueType.name().or(NodeConfig.Tls.EVERYBODY, NodeConfig.Tls.EVERYBODY, name -> name),
            "`[\"*\"]`, every certificate of the CA",
            "Names in certificates whose holders may migrate VMs to this host.");

    static final ConfigKey<LogLevel> LOG_LEVEL = ConfigKey.of(
            "log.level", ValueType.oneOf(LogLevel.class), "warn", "How much the node writes to its standard error.");

    /** All keys in the order in which an operator reads them. */
    public static final List<ConfigKey<?>> ALL = Stream.of(
                    Stream.of(
                            HOST_NAME,
                            ROLE,
                            STATE_DIR,
                            AUTO_MIGRATE,
                            ZONE,
                            DRAIN_AT_SHUTDOWN,
                            SHUTDOWN_LIMIT,
                            API_BIND,
                            API_PORT,
                            CLUSTER_NAME,
                            CLUSTER_BIND,
                            CLUSTER_PORT,
                            SEEDS,
                            VOTERS,
                            BACKEND,
                            MEMORY,
                            RESERVE,
                            POOLS,
                            NETWORKS,
                            FENCING_COMMAND,
                            FENCING_TIMEOUT,
                            FENCING_RETRIES,
                            REBALANCE_POLICY,
                            REBALANCE_ROUND,
                            REBALANCE_THRESHOLD,
                            REBALANCE_HOLD_ROUNDS,
                            REBALANCE_MARGIN,
                            REBALANCE_COOLDOWN,
                            REBALANCE_MIGRATIONS,
                            REBALANCE_MIGRATIONS_PER_HOST,
                            MIGRATION_BIND,
                            MIGRATION_PORTS,
                            LINK_TIMEOUT,
                            JUMBO_FRAMES),
                    MigrationParameter.ALL.stream().map(MigrationParameter::configKey),
                    Stream.of(TLS_CERTIFICATE, TLS_KEY, TLS_CA, TLS_AUTHZ),
                    Stream.of(LOG_LEVEL))
            .<ConfigKey<?>>flatMap(Function.identity())
            .toList();

    private ConfigKeys() {}

    private static ValueType<Optional<Path>> file(String accepted) {
        return ValueType.text(accepted).or("none", Optional.empty(), text -> Optional.of(Path.of(text)));
    }
}
