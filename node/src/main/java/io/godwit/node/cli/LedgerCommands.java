package io.godwit.node.cli;

import static io.godwit.node.cli.VmCommands.line;
import static io.godwit.node.cli.VmCommands.orEmpty;

import io.godwit.config.DurableFile;
import io.godwit.node.api.LedgerStatusInfo;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.GZIPInputStream;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit ledger ...}. */
@Command(name = "ledger", description = "the replicated log of who owns which VM")
final class LedgerCommands extends WithHelp {
    private static final String LEDGER = "/v1/ledger";

    @Command(name = "status", description = "how each voter stands, with or without a leader")
    int status(@Mixin Session session) {
        return print(session, session.api().get(LEDGER));
    }

    @Command(name = "replace", description = "put another host in the place of a voter, which may be gone")
    int replace(
            @Mixin Session session,
            @Parameters(paramLabel = "OLD", description = "a voter") String out,
            @Parameters(paramLabel = "NEW", description = "a host that is up and no voter") String in,
            @Option(
                            names = "--address",
                            paramLabel = "HOST:PORT",
                            description = "where NEW's voter serves; else its cluster address and OLD's port")
                    @Nullable
                    String address) {
        Map<String, String> body = new LinkedHashMap<>();
        body.put("replace", out);
        body.put("with", in);
        if (address != null) {
            body.put("address", address);
        }
        return print(session, session.api().post(LEDGER + "/voters", body));
    }

    @Command(name = "backup", description = "write all of the ledger to a file, as JSON in gzip")
    int backup(
            @Mixin Session session,
            @Parameters(paramLabel = "FILE", description = "replaced where it exists") Path file) {
        byte[] backup = session.api().get(LEDGER + "/backup");
        try {
            long jsonBytes = readThrough(backup);
            DurableFile.write(file, backup);
            return session.json()
                    ? session.printJson(Map.of("file", file.toString(), "bytes", backup.length))
                    : session.printText("%s: %d bytes, %d unpacked%n".formatted(file, backup.length, jsonBytes));
        } catch (IOException failed) {
            throw ApiException.unexpected("the backup could not be written to " + file + ": " + failed);
        }
    }

    /** The checksum is in the format: bytes that were damaged on the way do not become somebody's only backup. */
    private static long readThrough(byte[] backup) throws IOException {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(backup))) {
            return in.transferTo(OutputStream.nullOutputStream());
        }
    }

    private static int print(Session session, byte[] answer) {
        return session.print(answer, () -> describe(session.api().read(answer, LedgerStatusInfo.class)));
    }

    private static String describe(LedgerStatusInfo ledger) {
        StringBuilder text = new StringBuilder();
        line(text, "quorum", ledger.quorum() ? "held" : "QUORUM LOST: " + ledger.detail());
        line(text, "leader", orEmpty(ledger.leader()));
        line(text, "out of reach", ledger.missing().isEmpty() ? "no voter" : String.join(", ", ledger.missing()));
        Table voters = new Table("VOTER", "ADDRESS", "ROLE", "TERM", "APPLIED", "COMMITTED", "DETAIL");
        ledger.voters()
                .forEach(voter -> voters.row(
                        voter.host(),
                        voter.address(),
                        voter.reachable() ? orEmpty(voter.role()) : "out of reach",
                        number(voter.term()),
                        number(voter.lastApplied()),
                        number(voter.committed()),
                        voter.detail()));
        return text.append('\n').append(voters).toString();
    }

    private static String number(@Nullable Long value) {
        return orEmpty(value == null ? null : value.toString());
    }
}
