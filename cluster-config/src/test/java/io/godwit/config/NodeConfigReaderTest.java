package io.godwit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.godwit.config.NodeConfig.BackendChoice;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.NodeConfig.LogLevel;
import io.godwit.config.NodeConfig.Network;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.NodeConfig.Voter;
import io.godwit.config.device.NicSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class NodeConfigReaderTest {
    @TempDir
    Path directory;

    @Test
    void shouldNeedNoMoreThanANameForOneHost() throws IOException {
        NodeConfig config = read("host.name = alpha");

        assertThat(config.host())
                .isEqualTo(new NodeConfig.Host("alpha", Path.of("/var/lib/godwit"), true, 0, "", HostRole.MEMBER));
        assertThat(config.api()).isEqualTo(new HostPort("127.0.0.1", 7400));
        assertThat(config.cluster().address()).isEqualTo(new HostPort("127.0.0.1", 7401));
        assertThat(config.cluster().seeds()).containsExactly(new HostPort("127.0.0.1", 7401));
        assertThat(config.ledger().voters()).containsExactly(new Voter("alpha", new HostPort("127.0.0.1", 7402)));
        assertThat(config.ledger().voter("alpha")).isPresent();
        assertThat(config.hypervisor())
                .isEqualTo(new NodeConfig.Hypervisor(BackendChoice.AUTO, OptionalLong.empty(), 1L << 30));
        assertThat(config.migration().defaults()).isEqualTo(MigrationParameters.NONE);
        assertThat(config.migration().jumboFrames()).isFalse();
        assertThat(config.logLevel()).isEqualTo(LogLevel.WARN);
    }

    @Test
    void shouldReadEveryKey() throws IOException {
        NodeConfig config = read("""
                host { name = b, role = witness, state-dir = /srv/godwit, zone = rack-7 }
                api { bind = 0.0.0.0, port = 8080 }
                cluster {
                  name = east, bind = 10.0.0.2, port = 25
                  seeds = ["10.0.0.1:25", "[fd00::2]:25"]
                }
                ledger {
                  voters = [
                    { host = a, address = "10.0.0.1:7402" }
                    { host = b, address = "10.0.0.2:7402" }
                    { host = c, address = "10.0.0.3:7402" }
                  ]
                }
                hypervisor { backend = kvm, memory = 8GiB, reserve = 512MiB }
                migration {
                  bind = 10.2.0.2, ports = 9000-9009, downtime-limit = 50ms, max-bandwidth = 100MiB/s
                  verify = at-pause, jumbo-frames = true, link-timeout = 7s
                }
                log.level = debug
                """);

        assertThat(config)
                .isEqualTo(new NodeConfig(
                        new NodeConfig.Host("b", Path.of("/srv/godwit"), true, 0, "rack-7", HostRole.WITNESS),
                        new HostPort("0.0.0.0", 8080),
                        new NodeConfig.Cluster(
                                "east",
                                new HostPort("10.0.0.2", 25),
                                List.of(new HostPort("10.0.0.1", 25), new HostPort("fd00::2", 25))),
                        new NodeConfig.Ledger(List.of(
                                new Voter("a", new HostPort("10.0.0.1", 7402)),
                                new Voter("b", new HostPort("10.0.0.2", 7402)),
                                new Voter("c", new HostPort("10.0.0.3", 7402)))),
                        new NodeConfig.Hypervisor(BackendChoice.KVM, OptionalLong.of(8L << 30), 512L << 20),
                        NodeConfig.Resources.NONE,
                        new NodeConfig.Migration(
                                "10.2.0.2",
                                new PortRange(9000, 9009),
                                7_000,
                                MigrationParameters.of(MigrationParameter.DOWNTIME_LIMIT, "50ms")
                                        .with(MigrationParameter.MAX_BANDWIDTH, "100MiB/s")
                                        .with(MigrationParameter.VERIFY, "at-pause"),
                                true),
                        new NodeConfig.Fencing(List.of(), 30_000, 3),
                        NodeConfig.Rebalance.DEFAULT,
                        Optional.empty(),
                        LogLevel.DEBUG));
    }

    @Test
    void shouldReadWhenVmsAreMovedForBalance() throws IOException {
        NodeConfig config = read("""
                host.name = a
                rebalance {
                  policy = consolidate, round = 30s, threshold = 0.25, hold-rounds = 2, margin = 0, cooldown = 10m
                  max-migrations = 4, max-migrations-per-host = 1
                }
                """);

        assertThat(config.rebalance())
                .isEqualTo(new NodeConfig.Rebalance(
                        NodeConfig.BalancePolicy.CONSOLIDATE, 30_000, 0.25, 2, 0, 600_000, 4, 1));
    }

    @Test
    void shouldBeALedgerClientWhereItIsNoVoter() throws IOException {
        NodeConfig config = read("host.name = d\nledger.voters = [ { host = a, address = \"127.0.0.1:9\" } ]");

        assertThat(config.ledger().voter("d")).isEmpty();
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "host.nam = x                | host.nam   | x    | no such key; did you mean host.name?",
                "hypervisr.backend = kvm     | hypervisr  | {\"backend\":\"kvm\"} | no such key; did you mean hypervisor?",
                "migration.zzzzzzzzz = 1     | migration.zzzzzzzzz | 1 | no such key; known in migration are migration.bind, migration.ports, migration.link-timeout",
                "api.port = 70000            | api.port   | 70000 | expected 0 to 65535",
                "api.port = many             | api.port   | many | expected 0 to 65535",
                "api.port = [1]              | api.port   | [1] | expected 0 to 65535",
                "api = 7                     | api        | 7   | this is a section; expected api { ... }",
                "cluster.name = null         | cluster.name | null | expected 1 to 63 letters",
                "cluster.seeds = a           | cluster.seeds | a | expected a list, each host:port",
                "cluster.seeds = [\"a\"]     | cluster.seeds[0] | a | expected host:port",
                "cluster.seeds = [\"10.0.0.1:7401\"] | cluster.seeds | [\"10.0.0.1:7401\"] | 10.0.0.1:7401 cannot reach this node at 127.0.0.1:7401",
                "cluster.bind = 0.0.0.0      | cluster.bind | 0.0.0.0 | the other nodes dial this address",
                "cluster.bind = a b          | cluster.bind | a b | expected a host name or an IP address",
                "cluster.port = 7400         | api.port   | - | cluster.port is 7400 too",
                "hypervisor.backend = xen    | hypervisor.backend | xen | expected one of auto, kvm, simulated",
                "hypervisor.memory = 4GB     | hypervisor.memory | 4GB | expected a size such as 512MiB",
                "migration.downtime-limit = 300 | migration.downtime-limit | 300 | expected a duration such as 300ms",
                "migration.downtime-limit = 1h | migration.downtime-limit | 1h | expected a duration such as 300ms, 5s, 10m or 1h, from 1ms to 2000s",
                "migration.jumbo-frames = maybe | migration.jumbo-frames | maybe | expected true or false",
                "cluster.name = a_b         | cluster.name | a_b | expected 1 to 63 letters, digits or hyphens",
                "rebalance.policy = spread  | rebalance.policy | spread | expected one of balance, consolidate",
                "rebalance.round = 1s       | rebalance.round | 1s | from 2s to",
                "rebalance.threshold = -1   | rebalance.threshold | -1 | expected 0 to 10, such as 0.25",
                "rebalance.threshold = 11   | rebalance.threshold | 11 | expected 0 to 10, such as 0.25",
                "rebalance.margin = 1.01    | rebalance.margin | 1.01 | expected 0 to 1, such as 0.25",
                "rebalance.hold-rounds = 0  | rebalance.hold-rounds | 0 | expected 1 to 1000",
                "rebalance.max-migrations-per-host = 0 | rebalance.max-migrations-per-host | 0 | expected 1 to 1000",
                "migration.ports = 9-1       | migration.ports | 9-1 | expected ports first-last",
                "migration.bind = 0.0.0.0    | migration.bind | 0.0.0.0 | the sender dials this address",
                "ledger.voters = []          | ledger.voters | [] | 0 voters; expected 1, 3 or 5",
                "ledger.voters = [7]         | ledger.voters[0] | 7 | expected { host = NAME, address",
                "ledger.voters = [{ host = a }] | ledger.voters[0] | {\"host\":\"a\"} | address is missing; expected host:port",
                "ledger.voters = [{ host = a, address = \"h:1\", x = 1 }] | ledger.voters[0].x | 1 | no such key; known are host and address",
                "log.level = loud            | log.level  | loud | expected one of error, warn, info, debug, trace"
            })
    void shouldNameFileLineKeyValueAndWhatIsAccepted(String line, String key, String value, String explanation)
            throws IOException {
        List<ConfigProblem> problems = refused("host.name = a\n\n" + line);

        assertThat(problems).hasSize(1);
        ConfigProblem problem = problems.get(0);
        assertThat(problem.file()).isEqualTo(file().toString());
        assertThat(problem.key()).isEqualTo(key);
        assertThat(problem.explanation()).contains(explanation);
        if (!value.equals("-")) {
            assertThat(problem.line()).isEqualTo(3);
            assertThat(problem.toString()).startsWith(file() + ":3: " + key + " = \"" + value + "\": ");
        }
    }

    @Test
    void shouldReportAllProblemsAtOnce() throws IOException {
        List<ConfigProblem> problems = refused("api.port = x\nhypervisor.memory = much\nhots.name = alpha\n");

        assertThat(problems)
                .extracting(problem -> problem.line() + " " + problem.key())
                .containsExactly("1 api.port", "2 hypervisor.memory", "3 hots", "0 host.name");
        assertThat(problems.get(3))
                .hasToString(file() + ": host.name: missing; expected "
                        + ValueType.name().accepted());
    }

    @Test
    void shouldSayWhereAFileIsNotHocon() throws IOException {
        List<ConfigProblem> problems = refused("host.name = a\nhost {\n  state-dir = \n");

        assertThat(problems).hasSize(1);
        assertThat(problems.get(0).line()).isBetween(3, 4);
        assertThat(problems.get(0).toString()).startsWith(file() + ":").doesNotContain(file() + ": 3");
    }

    @Test
    void shouldSayWhichSubstitutionIsMissing() throws IOException {
        assertThat(refused("host.name = ${nobody.set.this}").get(0).explanation())
                .contains("nobody.set.this");
    }

    @Test
    void shouldSayThatAFileIsNotThere() {
        InvalidConfigException refused = catchThrowableOfType(
                InvalidConfigException.class, () -> NodeConfigReader.read(directory.resolve("absent.conf")));

        assertThat(refused).hasMessage(directory.resolve("absent.conf") + ": not a file that can be read");
    }

    @Test
    void shouldRefuseVotersThatShareANameOrAnAddress() throws IOException {
        List<ConfigProblem> problems = refused("""
                host.name = a
                ledger.voters = [
                  { host = a, address = "127.0.0.1:1" }
                  { host = a, address = "127.0.0.1:2" }
                  { host = c, address = "127.0.0.1:2" }
                ]
                """);

        assertThat(problems)
                .extracting(ConfigProblem::explanation)
                .containsExactlyInAnyOrder(
                        "host a is named twice; expected each once",
                        "address 127.0.0.1:2 is used twice; expected one per host");
    }

    @Test
    void shouldLimitGuestsToWhatTheReserveLeaves() {
        NodeConfig.Hypervisor all = new NodeConfig.Hypervisor(BackendChoice.AUTO, OptionalLong.empty(), 1L << 30);
        NodeConfig.Hypervisor some = new NodeConfig.Hypervisor(BackendChoice.AUTO, OptionalLong.of(2L << 30), 1L << 30);

        assertThat(all.guestMemoryBytes(8L << 30)).isEqualTo(7L << 30);
        assertThat(some.guestMemoryBytes(8L << 30)).isEqualTo(2L << 30);
        assertThat(some.guestMemoryBytes(2L << 30)).isEqualTo(1L << 30);
        assertThat(all.guestMemoryBytes(1L << 20)).isZero();
    }

    private Path file() {
        return directory.resolve("godwit.conf");
    }

    private NodeConfig read(String text) throws IOException {
        return NodeConfigReader.read(Files.writeString(file(), text));
    }

    private List<ConfigProblem> refused(String text) throws IOException {
        Files.writeString(file(), text);
        InvalidConfigException refused =
                catchThrowableOfType(InvalidConfigException.class, () -> NodeConfigReader.read(file()));
        assertThat(refused).as("the file is refused").isNotNull();
        return refused.problems();
    }

    @Test
    void shouldReadPoolsAndNetworks() throws IOException {
        NodeConfig config = read("""
                host.name = a
                storage.pools = [
                  { name = images, path = /srv/images, kind = shared }
                  { name = san, path = /san, kind = shared, fencing = trust-permit }
                  { name = scratch, path = /var/scratch, kind = local }
                ]
                network.networks = [ { name = lan, bridge = br0 }, { name = routed } ]
                """);

        assertThat(config.resources().pool("images"))
                .contains(new StoragePool("images", Path.of("/srv/images"), PoolKind.SHARED));
        assertThat(config.resources().pool("san"))
                .contains(new StoragePool("san", Path.of("/san"), PoolKind.SHARED, PoolFencing.TRUST_PERMIT));
        assertThat(config.resources().pool("none")).isEmpty();
        assertThat(config.resources().network("lan")).contains(new Network("lan", Optional.of("br0")));
        assertThat(config.resources().network("routed")).contains(new Network("routed", Optional.empty()));
    }

    @Test
    void shouldReadHowHostsAreFenced() throws IOException {
        NodeConfig config = read("""
                host.name = a
                host.auto-migrate-on-host-down = false
                fencing { command = [ /sbin/fence, --off ], timeout = 5s, retries = 1 }
                """);

        assertThat(config.fencing()).isEqualTo(new NodeConfig.Fencing(List.of("/sbin/fence", "--off"), 5_000, 1));
        assertThat(config.host().autoMigrateOnHostDown()).isFalse();
    }

    @Test
    void shouldMoveVmsAwayAtShutdownOnlyWhereTheyMayRunElsewhereWhenTheHostIsDown() throws IOException {
        assertThat(read("host { name = a, auto-migrate-on-host-shutdown = true, shutdown-limit = 90s }")
                        .host()
                        .shutdownLimitMs())
                .isEqualTo(90_000);
        assertThat(read("host { name = a, shutdown-limit = 90s }").host().shutdownLimitMs())
                .isZero();
        assertThat(refused("""
                        host { name = a, auto-migrate-on-host-down = false, auto-migrate-on-host-shutdown = true }
                        """))
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString())
                        .contains("host.auto-migrate-on-host-shutdown")
                        .contains("host.auto-migrate-on-host-down is false; expected both true, or this false"));
    }

    @Test
    void shouldTakeAWitnessOnlyWhereThereAreOthersAndNothingToMoveAway() throws IOException {
        assertThat(refused("host { name = w, role = wintess }"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString())
                        .contains(":1", "host.role", "\"wintess\"", "one of member, witness"));
        assertThat(refused("host { name = w, role = witness }"))
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString())
                        .contains("host.role", "expected member, or the cluster's 3 or 5 voters"));
        assertThat(refused("""
                        host { name = w, role = witness, auto-migrate-on-host-shutdown = true }
                        ledger.voters = [ { host = a, address = "10.0.0.1:7402" } ]
                        """))
                .singleElement()
                .satisfies(problem -> assertThat(problem.toString())
                        .contains("host.auto-migrate-on-host-shutdown", "host.role is witness", "expected false"));
        assertThat(read("""
                        host { name = spare, role = witness }
                        ledger.voters = [ { host = a, address = "10.0.0.1:7402" } ]
                        """).host().isWitness())
                .as("a voter to be, which godwit ledger add takes in")
                .isTrue();
    }

    @Test
    void shouldNameWhatIsWrongWithFencing() throws IOException {
        List<ConfigProblem> problems = refused("""
                host.name = a
                storage.pools = [ { name = scratch, path = /scratch, kind = local, fencing = command } ]
                fencing { command = [ fence ], timeout = 1ms, retries = -1 }
                """);

        assertThat(problems)
                .extracting(ConfigProblem::key)
                .containsExactlyInAnyOrder(
                        "storage.pools[0].fencing", "fencing.command", "fencing.timeout", "fencing.retries");
    }

    @Test
    void shouldNameWhatIsWrongWithPoolsAndNetworks() throws IOException {
        List<ConfigProblem> problems = refused("""
                host.name = a
                storage.pools = [
                  { name = images, path = images, kind = shared }
                  { name = images, path = /srv, kind = remote, size = 3 }
                  images
                ]
                network.networks = [ { bridge = br0 }, { name = lan, bridge = "a bridge" } ]
                """);

        assertThat(problems)
                .extracting(problem -> problem.line() + " " + problem.key() + ": " + problem.explanation())
                .containsExactlyInAnyOrder(
                        "3 storage.pools[0].path: expected an absolute path of a directory",
                        "4 storage.pools[1].kind: expected one of local, shared",
                        "4 storage.pools[1].name: named twice; expected each once",
                        "4 storage.pools[1].size: no such key; known are name and path and kind and fencing",
                        "5 storage.pools[2]: expected a list, each { name = NAME, path = \"/DIRECTORY\", kind = local or"
                                + " shared, fencing = command, trust-permit or none }",
                        "7 network.networks[0]: name is missing; expected "
                                + NicSpec.networkType().accepted(),
                        "7 network.networks[1].bridge: expected an interface's name, at most 15 characters");
    }
}
