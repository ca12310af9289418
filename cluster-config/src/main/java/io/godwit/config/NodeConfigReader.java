package io.godwit.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.godwit.config.NodeConfig.Cluster;
import io.godwit.config.NodeConfig.Hypervisor;
import io.godwit.config.NodeConfig.Ledger;
import io.godwit.config.NodeConfig.Migration;
import io.godwit.config.NodeConfig.Voter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/** Reads a node's configuration file and reports everything that is wrong with it at once. */
public final class NodeConfigReader {
    private static final List<String> VOTER_FIELDS = List.of("host", "address");
    private static final HostPort UNREADABLE = new HostPort("unreadable", 1);

    private final ConfigSource source;

    private NodeConfigReader(ConfigSource source) {
        this.source = source;
    }

    /**
     * Reads the file.
     *
     * @throws InvalidConfigException naming file, line, key, value and what is accepted, for each problem
     */
    public static NodeConfig read(Path file) {
        return new NodeConfigReader(ConfigSource.open(file)).read();
    }

    private NodeConfig read() {
        String name = orUnread(source.value(ConfigKeys.HOST_NAME), "");
        NodeConfig.Host host = host(name);
        HostPort api = new HostPort(
                orUnread(source.value(ConfigKeys.API_BIND), "unreadable"),
                orUnread(source.value(ConfigKeys.API_PORT), 0));
        Cluster cluster = cluster();
        Ledger ledger = ledger(name, cluster.address());
        Hypervisor hypervisor = new Hypervisor(
                orUnread(source.value(ConfigKeys.BACKEND), NodeConfig.BackendChoice.AUTO),
                orUnread(source.value(ConfigKeys.MEMORY), OptionalLong.empty()),
                orUnread(source.value(ConfigKeys.RESERVE), 0L));
        NodeConfig.Resources resources = new ResourcesReader(source).read();
        Migration migration = migration(cluster.address());
        NodeConfig.Fencing fencing = fencing();
        NodeConfig.Rebalance rebalance = rebalance();
        NodeConfig.LogLevel level = orUnread(source.value(ConfigKeys.LOG_LEVEL), NodeConfig.LogLevel.WARN);
        checkPorts(api, cluster, ledger.voter(name));
        checkRole(host, ledger);
        Optional<NodeConfig.Tls> tls = new TlsReader(source).read(name, dialled(cluster, ledger.voter(name)));
        source.throwIfRefused();
        return new NodeConfig(
                host, api, cluster, ledger, hypervisor, resources, migration, fencing, rebalance, tls, level);
    }

    /** A stand-in for a value that was refused, so that the rest is still checked; it never leaves this class. */
    private static <T> T orUnread(Optional<T> value, T standIn) {
        return value.orElse(standIn);
    }

    private NodeConfig.Host host(String name) {
        String stateDir = orUnread(source.value(ConfigKeys.STATE_DIR), ".");
        boolean whenDown = orUnread(source.value(ConfigKeys.AUTO_MIGRATE), true);
        boolean atShutdown = orUnread(source.value(ConfigKeys.DRAIN_AT_SHUTDOWN), false);
        long limitMs = orUnread(source.value(ConfigKeys.SHUTDOWN_LIMIT), 1L);
        if (atShutdown && !whenDown) {
            source.refuse(
                    ConfigKeys.DRAIN_AT_SHUTDOWN,
                    ConfigKeys.AUTO_MIGRATE.path() + " is false; expected both true, or this false");
        }
        return new NodeConfig.Host(
                name,
                Path.of(stateDir),
                whenDown,
                atShutdown ? limitMs : 0,
                orUnread(source.value(ConfigKeys.ZONE), ""),
                orUnread(source.value(ConfigKeys.ROLE), NodeConfig.HostRole.MEMBER));
    }

    /** A witness has nothing to vote on alone, and no VMs that could be moved away. */
    private void checkRole(NodeConfig.Host host, Ledger ledger) {
        if (!host.isWitness()) {
            return;
        }
        if (ledger.voters().size() == 1 && ledger.voter(host.name()).isPresent()) {
            source.refuse(
                    ConfigKeys.ROLE,
                    "witness, and " + ConfigKeys.VOTERS.path()
                            + " is this host alone, which could run nothing; expected"
                            + " member, or the cluster's 3 or 5 voters");
        }
        if (host.shutdownLimitMs() > 0) {
            source.refuse(
                    ConfigKeys.DRAIN_AT_SHUTDOWN,
                    "true, and " + ConfigKeys.ROLE.path() + " is witness, which has no VMs to move; expected false");
        }
    }

    private Cluster cluster() {
        String name = orUnread(source.value(ConfigKeys.CLUSTER_NAME), "");
        String bind = orUnread(source.value(ConfigKeys.CLUSTER_BIND), "unreadable");
        int port = orUnread(source.value(ConfigKeys.CLUSTER_PORT), 1);
        HostPort address = new HostPort(bind, port);
        if (address.isWildcard()) {
            source.refuse(ConfigKeys.CLUSTER_BIND, "the other nodes dial this address; expected one that they reach");
        }
        List<HostPort> seeds = source.list(ConfigKeys.SEEDS);
        if (address.isLoopback()) {
            seeds.stream()
                    .filter(seed -> !seed.isLoopback())
                    .findFirst()
                    .ifPresent(seed -> source.refuse(
                            ConfigKeys.SEEDS,
                            seed + " cannot reach this node at " + address
                                    + "; expected a cluster.bind that is not loopback"));
        }
        return new Cluster(name, address, seeds.isEmpty() ? List.of(address) : seeds);
    }

    private Ledger ledger(String self, HostPort cluster) {
        List<ConfigValue> items = source.items(ConfigKeys.VOTERS);
        List<Voter> voters = new ArrayList<>();
        for (int i = 0; i < items.size(); i++) {
            voters.add(voter(ConfigKeys.VOTERS.path() + '[' + i + ']', items.get(i)));
        }
        if (!source.has(ConfigKeys.VOTERS)) {
            voters.add(new Voter(self, new HostPort(cluster.host(), ConfigKeys.LEDGER_PORT)));
        } else if (voters.size() != 1 && voters.size() != 3 && voters.size() != 5) {
            source.refuse(ConfigKeys.VOTERS, voters.size() + " voters; expected " + ConfigKeys.VOTERS.accepted());
        }
        refuseTwins(voters);
        return new Ledger(voters);
    }

    private Voter voter(String path, ConfigValue value) {
        if (!(value instanceof ConfigObject entry)) {
            source.refuse(path, value, "expected { host = NAME, address = \"HOST:PORT\" }");
            return new Voter(path, UNREADABLE);
        }
        source.refuseUnknown(path, entry, VOTER_FIELDS);
        String host = source.field(entry, path, "host", ValueType.name()).orElse(path);
        HostPort address = source.field(entry, path, "address", HostPort.type()).orElse(UNREADABLE);
        if (address.isWildcard()) {
            source.refuse(path + ".address", entry.get("address"), "nobody can dial this; expected a real address");
        }
        return new Voter(host, address);
    }

    private void refuseTwins(List<Voter> voters) {
        Set<Object> seen = new HashSet<>(Set.of(UNREADABLE));
        for (Voter voter : voters) {
            if (!seen.add(voter.host())) {
                source.refuse(ConfigKeys.VOTERS, "host " + voter.host() + " is named twice; expected each once");
            }
            if (!seen.add(voter.address()) && !voter.address().equals(UNREADABLE)) {
                source.refuse(
                        ConfigKeys.VOTERS, "address " + voter.address() + " is used twice; expected one per host");
            }
        }
    }

    private Migration migration(HostPort cluster) {
        String bind = source.value(ConfigKeys.MIGRATION_BIND).orElse(cluster.host());
        if (source.has(ConfigKeys.MIGRATION_BIND) && new HostPort(bind, 1).isWildcard()) {
            source.refuse(
                    ConfigKeys.MIGRATION_BIND, "the sender dials this address; expected one that other hosts reach");
        }
        return new Migration(
                bind,
                orUnread(source.value(ConfigKeys.MIGRATION_PORTS), new PortRange(1, 1)),
                orUnread(source.value(ConfigKeys.LINK_TIMEOUT), 5_000L),
                migrationDefaults(),
                orUnread(source.value(ConfigKeys.JUMBO_FRAMES), false));
    }

    private NodeConfig.Fencing fencing() {
        List<String> command = source.list(ConfigKeys.FENCING_COMMAND);
        if (!command.isEmpty() && !command.get(0).startsWith("/")) {
            source.refuse(
                    ConfigKeys.FENCING_COMMAND, "begins with \"" + command.get(0) + "\"; expected an absolute path");
        }
        return new NodeConfig.Fencing(
                command,
                orUnread(source.value(ConfigKeys.FENCING_TIMEOUT), 30_000L),
                orUnread(source.value(ConfigKeys.FENCING_RETRIES), 3));
    }

    private NodeConfig.Rebalance rebalance() {
        NodeConfig.Rebalance usual = NodeConfig.Rebalance.DEFAULT;
        return new NodeConfig.Rebalance(
                orUnread(source.value(ConfigKeys.REBALANCE_POLICY), usual.policy()),
                orUnread(source.value(ConfigKeys.REBALANCE_ROUND), usual.roundMs()),
                orUnread(source.value(ConfigKeys.REBALANCE_THRESHOLD), usual.threshold()),
                orUnread(source.value(ConfigKeys.REBALANCE_HOLD_ROUNDS), usual.holdRounds()),
                orUnread(source.value(ConfigKeys.REBALANCE_MARGIN), usual.margin()),
                orUnread(source.value(ConfigKeys.REBALANCE_COOLDOWN), usual.cooldownMs()),
                orUnread(source.value(ConfigKeys.REBALANCE_MIGRATIONS), usual.maxMigrations()),
                orUnread(source.value(ConfigKeys.REBALANCE_MIGRATIONS_PER_HOST), usual.maxMigrationsPerHost()));
    }

    /** What differs from the parameters' own defaults. */
    private MigrationParameters migrationDefaults() {
        MigrationParameters differing = MigrationParameters.NONE;
        for (MigrationParameter<?> parameter : MigrationParameter.ALL) {
            String text = orUnread(source.text(parameter.configKey()), parameter.defaultText());
            if (!text.equals(parameter.defaultText())) {
                differing = differing.with(parameter, text);
            }
        }
        return differing;
    }

    /** What other nodes dial to reach this one, by the key that says so. */
    private static Map<ConfigKey<?>, String> dialled(Cluster cluster, Optional<Voter> self) {
        Map<ConfigKey<?>, String> dialled = new LinkedHashMap<>();
        dialled.put(ConfigKeys.CLUSTER_BIND, cluster.address().host());
        self.map(voter -> voter.address().host())
                .filter(host -> !host.equals(cluster.address().host()))
                .ifPresent(host -> dialled.put(ConfigKeys.VOTERS, host));
        return dialled;
    }

    /** The three TCP listeners of a node need a port each. */
    private void checkPorts(HostPort api, Cluster cluster, Optional<Voter> self) {
        if (api.port() == cluster.address().port()) {
            source.refuse(ConfigKeys.API_PORT, "cluster.port is " + api.port() + " too; expected a port of its own");
        }
        self.ifPresent(voter -> {
            if (voter.address().port() == cluster.address().port()) {
                source.refuse(
                        ConfigKeys.CLUSTER_PORT, "this host's voter listens there too; expected a port of its own");
            }
            if (voter.address().port() == api.port()) {
                source.refuse(ConfigKeys.API_PORT, "this host's voter listens there too; expected a port of its own");
            }
        });
    }
}
