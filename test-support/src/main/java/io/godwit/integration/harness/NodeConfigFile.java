package io.godwit.integration.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The configuration of one node of a cluster on this machine. */
final class NodeConfigFile {
    static final String NAME = "node.conf";
    static final int MIGRATION_PORTS = 8;

    /** Where one host of the cluster is found. */
    record Seat(String name, String address, int clusterPort, int ledgerPort, int migrationPort) {
        static Seat free(String name, String address) {
            return new Seat(name, address, FreePorts.tcp(), FreePorts.tcp(), FreePorts.range(MIGRATION_PORTS));
        }
    }

    private NodeConfigFile() {}

    /** Writes the file; {@code overrides} are keys set beside or instead of these. */
    static Path write(
            Path directory,
            String cluster,
            Seat self,
            List<Seat> all,
            List<Seat> voting,
            Map<String, String> overrides) {
        String seeds = all.stream()
                .map(seat -> '"' + seat.address() + ':' + seat.clusterPort() + '"')
                .collect(Collectors.joining(", "));
        String voters = voting.stream()
                .map(seat ->
                        "{ host = %s, address = \"%s:%d\" }".formatted(seat.name(), seat.address(), seat.ledgerPort()))
                .collect(Collectors.joining(", "));
        String address = '"' + self.address() + '"';
        StringBuilder text = new StringBuilder("""
                host.name = %s
                host.state-dir = "%s"
                api.bind = %s
                api.port = 0
                cluster.name = %s
                cluster.bind = %s
                cluster.port = %d
                cluster.seeds = [ %s ]
                ledger.voters = [ %s ]
                hypervisor.backend = kvm
                migration.bind = %s
                migration.ports = "%d-%d"
                log.level = warn
                """.formatted(
                        self.name(),
                        directory.resolve("state"),
                        address,
                        cluster,
                        address,
                        self.clusterPort(),
                        seeds,
                        voters,
                        address,
                        self.migrationPort(),
                        self.migrationPort() + MIGRATION_PORTS - 1));
        overrides.forEach(
                (key, value) -> text.append(key).append(" = ").append(value).append('\n'));
        try {
            return Files.writeString(directory.resolve(NAME), text);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
