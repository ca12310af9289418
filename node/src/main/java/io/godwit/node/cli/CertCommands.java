package io.godwit.node.cli;

import io.godwit.config.InvalidValueException;
import io.godwit.config.tls.PemException;
import io.godwit.config.tls.PemFile;
import io.godwit.node.api.Json;
import io.godwit.node.certs.CertDirectory;
import io.godwit.node.certs.CertReport;
import io.godwit.node.certs.NodeName;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code godwit cert ...}. Asks no node: works on files. */
@Command(name = "cert", description = "a cluster's CA and its nodes' certificates")
final class CertCommands extends WithHelp {
    private static final String DIRECTORY = "--directory";
    private static final String MAX_DAYS = "36500";

    /** As a mixin, which a method that is a command can have. */
    static final class HelpOnly extends WithHelp {}

    @Spec
    private @Nullable CommandSpec spec;

    @Command(name = "init", description = "makes a CA, and a certificate for each node")
    int init(
            @Option(
                            names = {"-d", DIRECTORY},
                            defaultValue = "certs",
                            paramLabel = "DIR",
                            description = "where the files go; default ${DEFAULT-VALUE}")
                    Path directory,
            @Option(
                            names = "--ca-name",
                            defaultValue = "Godwit CA",
                            paramLabel = "NAME",
                            description = "the CA's common name; default ${DEFAULT-VALUE}")
                    String caName,
            @Option(
                            names = "--ca-days",
                            defaultValue = "3650",
                            paramLabel = "N",
                            description = "days for which the CA is valid; default ${DEFAULT-VALUE}")
                    int caDays,
            @Option(
                            names = "--days",
                            defaultValue = "825",
                            paramLabel = "N",
                            description = "days for which nodes' certificates are; default ${DEFAULT-VALUE}")
                    int days,
            @Mixin HelpOnly help,
            @Parameters(paramLabel = "NODE", arity = "0..*", description = NodeName.ACCEPTED) @Nullable
                    List<String> nodes) {
        Duration caValidity = days("--ca-days", caDays);
        Duration validity = days("--days", days);
        if (validity.compareTo(caValidity) > 0) {
            throw usage("--days " + days + " outlives the CA; expected at most --ca-days " + caDays);
        }
        List<NodeName> names = names(nodes);
        return made(() -> new CertDirectory(directory).init(caName, names, Instant.now(), caValidity, validity));
    }

    @Command(name = "add", description = "makes certificates for further nodes, by the CA that cert init made")
    int add(
            @Option(
                            names = {"-d", DIRECTORY},
                            defaultValue = "certs",
                            paramLabel = "DIR",
                            description = "where the CA's files are; default ${DEFAULT-VALUE}")
                    Path directory,
            @Option(
                            names = "--days",
                            defaultValue = "825",
                            paramLabel = "N",
                            description = "days for which they are valid; default ${DEFAULT-VALUE}")
                    int days,
            @Mixin HelpOnly help,
            @Parameters(paramLabel = "NODE", arity = "1..*", description = NodeName.ACCEPTED) List<String> nodes) {
        Duration validity = days("--days", days);
        List<NodeName> names = names(nodes);
        return made(() -> new CertDirectory(directory).add(names, Instant.now(), validity));
    }

    @Command(name = "show", description = "subject, issuer, names and expiry of every certificate in files")
    int show(
            @Option(names = "--json", description = "print them as JSON, on one line") boolean json,
            @Mixin HelpOnly help,
            @Parameters(paramLabel = "FILE", arity = "1..*", description = "certificates in PEM") List<Path> files) {
        Instant now = Instant.now();
        List<Map<String, Object>> reports = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (Path file : files) {
            try {
                for (X509Certificate certificate : PemFile.certificates(file)) {
                    Map<String, Object> report = new LinkedHashMap<>(Map.of("file", file.toString()));
                    report.putAll(CertReport.of(certificate, now));
                    reports.add(report);
                    text.append(file).append(":\n").append(CertReport.text(certificate, now));
                }
            } catch (PemException unusable) {
                return refused(file + ": " + unusable.getMessage());
            }
        }
        System.out.print(json ? Json.writeText(reports) + "\n" : text);
        System.out.flush();
        return ExitCodes.OK;
    }

    private interface Maker {
        List<Path> make() throws CertDirectory.RefusedException;
    }

    private static int made(Maker maker) {
        try {
            maker.make().forEach(System.out::println);
            System.out.flush();
            return ExitCodes.OK;
        } catch (CertDirectory.RefusedException refused) {
            return refused(String.valueOf(refused.getMessage()));
        }
    }

    private static int refused(String reason) {
        System.err.println("godwit: " + reason);
        return ExitCodes.REFUSED;
    }

    private List<NodeName> names(@Nullable List<String> nodes) {
        List<NodeName> names = new ArrayList<>();
        for (String node : nodes == null ? List.<String>of() : nodes) {
            try {
                NodeName name = NodeName.parse(node);
                if (names.stream().anyMatch(other -> other.name().equals(name.name()))) {
                    throw usage("node " + name.name() + " is given twice; expected each once");
                }
                names.add(name);
            } catch (InvalidValueException refused) {
                throw usage(String.valueOf(refused.getMessage()));
            }
        }
        return names;
    }

    private Duration days(String option, int days) {
        if (days < 1 || days > Integer.parseInt(MAX_DAYS)) {
            throw usage(option + " " + days + ": expected 1 to " + MAX_DAYS);
        }
        return Duration.ofDays(days);
    }

    private ParameterException usage(String message) {
        return new ParameterException(java.util.Objects.requireNonNull(spec).commandLine(), message);
    }
}
