package io.godwit.node.cli;

import static io.godwit.node.cli.VmCommands.line;
import static io.godwit.node.cli.VmCommands.orEmpty;

import io.godwit.config.DurableFile;
import io.godwit.node.api.LedgerRecoveryInfo;
import io.godwit.node.api.LedgerStatusInfo;
import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
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

    @Command(name = "add", description = "have one more host vote, after a recovery left but one")
    int add(
            @Mixin Session session,
            @Parameters(paramLabel = "NEW", description = "a host that is up and no voter") String in,
            @Option(
                            names = "--address",
                            paramLabel = "HOST:PORT",
                            description = "where its voter serves; else its cluster address and another voter's port")
                    @Nullable
                    String address) {
        Map<String, String> body = new LinkedHashMap<>();
        body.put("add", in);
        if (address != null) {
            body.put("address", address);
        }
        return print(session, session.api().post(LEDGER + "/voters", body));
    }

    @Command(
            name = "recover",
            description = {
                "make the ledger anew of one voter's copy, when a majority of the voters is lost for good",
                "What only the lost voters knew is lost. Says first what that may be; ask the node of HOST itself."
            })
    int recover(
            @Mixin Session session,
            @Option(names = "--from", required = true, paramLabel = "HOST", description = "a voter that is left")
                    String from,
            @Option(
                            names = "--lost",
                            required = true,
                            split = ",",
                            paramLabel = "HOST",
                            description = "the voters that you have seen to be off for good, with commas between")
                    List<String> lost,
            @Option(names = "--yes", description = "what it says first has been read before") boolean yes) {
        LedgerRecoveryInfo seen = session.api()
                .read(
                        session.api().get(LEDGER + "/recovery?from=" + ApiClient.segment(from)),
                        LedgerRecoveryInfo.class);
        if (!session.json()) {
            session.printText(String.join("\n\n", seen.warnings()) + "\n\n");
        }
        if (!yes && !isConfirmed(session, from)) {
            throw session.usage(
                    "--yes: missing; expected it once you have read what \"ledger recover\" says and have seen"
                            + " that " + String.join(", ", lost) + " are off: nothing was changed");
        }
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("from", from);
        body.put("lost", lost);
        body.put("generation", seen.generation());
        return print(session, session.api().post(LEDGER + "/recovery", body));
    }

    private static boolean isConfirmed(Session session, String from) {
        if (session.json() || !Terminal.isInput()) {
            return false;
        }
        session.printText("Type the name of the host whose copy is to become the ledger: ");
        try {
            String typed = new BufferedReader(new InputStreamReader(System.in, Charset.defaultCharset())).readLine();
            return typed != null && typed.strip().equals(from);
        } catch (IOException gone) {
            return false;
        }
    }

    @Command(
            name = "upgrade",
            description = {
                "raise the ledger to the level that the asked host's build speaks, when all hosts run such a build",
                "Refused while one is older or out of reach. After it, older builds are kept out."
            })
    int upgrade(@Mixin Session session) {
        return print(session, session.api().post(LEDGER + "/upgrade", Map.of()));
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

    @Command(
            name = "restore",
            description = {
                "put a backup in the place of an empty ledger, on the host that is its only voter",
                "VMs of other hosts wait for their hosts."
            })
    int restore(
            @Mixin Session session,
            @Parameters(paramLabel = "FILE", description = "what ledger backup wrote") Path file) {
        byte[] backup;
        try {
            backup = Files.readAllBytes(file);
            readThrough(backup);
        } catch (IOException unusable) {
            throw session.usage(file + " is no backup that can be read: " + unusable
                    + "; expected what \"godwit ledger backup\" wrote");
        }
        return print(session, session.api().postBytes(LEDGER + "/restore", backup));
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
        if (ledger.generation() > 0) {
            line(text, "generation", ledger.generation() + ", made anew of one voter's copy");
        }
        line(
                text,
                "level",
                orEmpty(ledger.level() == null ? null : ledger.level().toString()));
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
        text.append('\n').append(voters);
        Table hosts = new Table("HOST", "SPEAKS UP TO LEVEL", "DETAIL");
        ledger.hosts()
                .forEach(host ->
                        hosts.row(host.host(), host.speaks() == null ? "unknown" : host.speaks(), host.detail()));
        text.append('\n').append(hosts);
        ledger.notes().forEach(note -> text.append('\n').append(note).append('\n'));
        return text.toString();
    }

    private static String number(@Nullable Long value) {
        return orEmpty(value == null ? null : value.toString());
    }
}
