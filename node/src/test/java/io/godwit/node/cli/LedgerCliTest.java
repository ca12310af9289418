package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.node.api.LedgerRecoveryInfo;
import io.godwit.node.api.LedgerStatusInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code godwit ledger}. */
class LedgerCliTest extends CliHarness {
    private static final LedgerStatusInfo LOST = new LedgerStatusInfo(
            false,
            "no leader answered within 2500 ms",
            null,
            List.of("beta", "gamma"),
            1,
            17,
            List.of(
                    new LedgerStatusInfo.Voter("alpha", "10.0.0.1:7402", true, "", "candidate", null, 4L, 40L, 41L),
                    new LedgerStatusInfo.Voter(
                            "beta", "10.0.0.2:7402", false, "connection refused", null, null, null, null, null)),
            1,
            List.of(
                    new LedgerStatusInfo.Host("alpha", 2, ""),
                    new LedgerStatusInfo.Host("beta", null, "the host is unreachable")),
            List.of("this host votes no more"));
    private static final LedgerRecoveryInfo RECOVERY = new LedgerRecoveryInfo(
            "alpha",
            3,
            4,
            41,
            40,
            null,
            7,
            List.of("web"),
            List.of("beta", "gamma"),
            List.of(),
            List.of("Lost is what only beta had.", "Look at each of them."));

    @TempDir
    Path directory;

    @Test
    void shouldShowALedgerThatHasLostItsQuorum() {
        queue(200, LOST);

        assertThat(run("ledger", "status", api())).as(err).isZero();

        assertThat(requests).containsExactly("GET /v1/ledger");
        assertThat(out).containsPattern("quorum +QUORUM LOST: no leader answered");
        assertThat(out).containsPattern("out of reach +beta, gamma");
        assertThat(out).containsPattern("alpha +10.0.0.1:7402 +candidate +4 +40 +41");
        assertThat(out).containsPattern("beta +10.0.0.2:7402 +out of reach +- +- +- +connection refused");
    }

    @Test
    void shouldShowTheGenerationAndWhatTheHostNotes() {
        queue(200, LOST);

        assertThat(run("ledger", "status", api())).as(err).isZero();

        assertThat(out).containsPattern("generation +1, made anew").contains("this host votes no more");
    }

    @Test
    void shouldShowTheLevelAndWhatEachHostSpeaks() {
        queue(200, LOST);

        assertThat(run("ledger", "status", api())).as(err).isZero();

        assertThat(out)
                .containsPattern("level +1\n")
                .containsPattern("alpha +2 +-\n")
                .containsPattern("beta +unknown +the host is unreachable");
    }

    @Test
    void shouldRaiseTheLevel() {
        queue(200, LOST);

        assertThat(run("ledger", "upgrade", api())).as(err).isZero();

        assertThat(requests).containsExactly("POST /v1/ledger/upgrade {}");
    }

    @Test
    void shouldAddAVoter() {
        queue(200, LOST);

        assertThat(run("ledger", "add", "delta", api())).as(err).isZero();

        assertThat(requests).containsExactly("POST /v1/ledger/voters {\"add\":\"delta\"}");
    }

    @Test
    void shouldSayWhatMayBeLostBeforeItRecovers() {
        queue(200, RECOVERY);
        queue(200, LOST);

        assertThat(run("ledger", "recover", "--from=alpha", "--lost=beta,gamma", "--yes", api()))
                .as(err)
                .isZero();

        assertThat(requests)
                .containsExactly(
                        "GET /v1/ledger/recovery?from=alpha",
                        "POST /v1/ledger/recovery"
                                + " {\"from\":\"alpha\",\"lost\":[\"beta\",\"gamma\"],\"generation\":3}");
        assertThat(out).startsWith("Lost is what only beta had.\n\nLook at each of them.");
    }

    @Test
    void shouldChangeNothingWithoutAWordForIt() {
        queue(200, RECOVERY);

        assertThat(run("ledger", "recover", "--from=alpha", "--lost=beta,gamma", api()))
                .isEqualTo(ExitCodes.USAGE);

        assertThat(requests).containsExactly("GET /v1/ledger/recovery?from=alpha");
        assertThat(out).contains("Lost is what only beta had.");
        assertThat(err).contains("--yes").contains("nothing was changed");
        assertThat(run("ledger", "recover", "--from=alpha", "--yes", api())).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void shouldReplaceAVoter() {
        queue(200, LOST);
        queue(200, LOST);

        assertThat(run("ledger", "replace", "beta", "delta", api())).as(err).isZero();
        assertThat(run("ledger", "replace", "beta", "delta", "--address=10.0.0.4:7402", api()))
                .as(err)
                .isZero();

        assertThat(requests)
                .containsExactly(
                        "POST /v1/ledger/voters {\"replace\":\"beta\",\"with\":\"delta\"}",
                        "POST /v1/ledger/voters {\"replace\":\"beta\",\"with\":\"delta\",\"address\":\"10.0.0.4:7402\"}");
        assertThat(run("ledger", "replace", "beta", api())).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void shouldWriteABackup() throws IOException {
        byte[] zipped = zipped("{}");
        serve(zipped);
        Path file = Files.writeString(directory.resolve("ledger.gz"), "an older one");

        assertThat(run("ledger", "backup", file.toString(), api())).as(err).isZero();

        assertThat(file).hasBinaryContent(zipped);
        assertThat(out).contains(zipped.length + " bytes, 2 unpacked");
    }

    @Test
    void shouldSendABackupBack() throws IOException {
        Path file = Files.write(directory.resolve("ledger.gz"), zipped("{}"));
        queue(200, LOST);

        assertThat(run("ledger", "restore", file.toString(), api())).as(err).isZero();

        assertThat(requests).singleElement().asString().startsWith("POST /v1/ledger/restore");
    }

    @Test
    void shouldNotSendAFileThatIsDamagedOrMissing() throws IOException {
        byte[] damaged = zipped("{\"v\":4}");
        damaged[damaged.length - 6] ^= 1;
        Path file = Files.write(directory.resolve("ledger.gz"), damaged);

        assertThat(run("ledger", "restore", file.toString(), api())).isEqualTo(ExitCodes.USAGE);
        assertThat(err).contains("ledger.gz");
        assertThat(run("ledger", "restore", directory.resolve("none").toString(), api()))
                .isEqualTo(ExitCodes.USAGE);

        assertThat(requests).isEmpty();
    }

    @Test
    void shouldKeepTheOlderBackupWhereTheNewOneIsDamaged() throws IOException {
        byte[] damaged = zipped("{\"v\":4}");
        damaged[damaged.length - 6] ^= 1;
        serve(damaged);
        Path file = Files.writeString(directory.resolve("ledger.gz"), "an older one");

        assertThat(run("ledger", "backup", file.toString(), api())).isNotZero();

        assertThat(file).hasContent("an older one");
        assertThat(err).contains(file.toString());
    }

    private static byte[] zipped(String text) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(text.getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        return bytes.toByteArray();
    }

    private void serve(byte[] backup) {
        server.createContext("/v1/ledger/backup", exchange -> {
            exchange.sendResponseHeaders(200, backup.length);
            exchange.getResponseBody().write(backup);
            exchange.close();
        });
    }
}
