package io.godwit.control.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.SplittableRandom;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class BackupCodecTest {
    private static final LedgerSnapshot SNAPSHOT = Samples.withVm().snapshot();
    private static final BackupCodec.Backup BACKUP = new BackupCodec.Backup("prod", 4, 4_711, SNAPSHOT);

    @Test
    void shouldReadWhatItWrites() {
        assertThat(BackupCodec.decode(BackupCodec.encode(BACKUP), "prod")).isEqualTo(BACKUP);
    }

    @Test
    void shouldSayWhatItIsInItsFirstBytes() throws IOException {
        assertThat(json())
                .startsWith("{\"backup\":1,\"cluster\":\"prod\",\"term\":4,\"index\":4711,\"ledger\":{\"v\":4,");
    }

    @Test
    void shouldRefuseAnotherClustersBackup() {
        assertThatThrownBy(() -> BackupCodec.decode(BackupCodec.encode(BACKUP), "test"))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("\"prod\"")
                .hasMessageContaining("\"test\"");
    }

    @Test
    void shouldRefuseOtherVersions() throws IOException {
        refused(json().replace("\"backup\":1", "\"backup\":2"), "version 2", "version 1");
        refused(json().replace("{\"v\":4", "{\"v\":9"), "version 9", "1 to 4");
    }

    @Test
    void shouldRefuseABackupThatNamesNoCluster() throws IOException {
        refused(new String(LedgerCodec.encode(SNAPSHOT), UTF_8), "names no cluster", "cluster");
    }

    @Test
    void shouldRefuseOtherFields() throws IOException {
        refused(json().replace("\"term\":4", "\"terms\":4"), "terms", "term");
        refused(json().replace("\"term\":4", "\"term\":\"4\""), "term is", "a number");
        refused("[]", "no JSON object", "godwit ledger backup");
        refused("{", "not JSON", "godwit ledger backup");
    }

    @Test
    void shouldRefuseASnapshotThatContradictsItself() {
        LedgerSnapshot twice = new LedgerSnapshot(
                List.of(SNAPSHOT.vms().get(0), SNAPSHOT.vms().get(0)),
                SNAPSHOT.histories(),
                SNAPSHOT.retiredIds(),
                SNAPSHOT.cluster(),
                SNAPSHOT.failover(),
                SNAPSHOT.maintenance(),
                SNAPSHOT.names(),
                SNAPSHOT.level());

        assertThatThrownBy(() ->
                        BackupCodec.decode(BackupCodec.encode(new BackupCodec.Backup("prod", 4, 1, twice)), "prod"))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("two VMs");
    }

    @Test
    void shouldFailInOneWayForWhateverBytes() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        byte[] bytes = BackupCodec.encode(BACKUP);
        for (int i = 0; i < 5_000; i++) {
            byte[] broken = Arrays.copyOf(bytes, random.nextInt(bytes.length));
            if (broken.length > 0 && random.nextBoolean()) {
                broken[random.nextInt(broken.length)] ^= (byte) (1 << random.nextInt(8));
            }
            assertThatThrownBy(() -> BackupCodec.decode(broken, "prod"))
                    .isInstanceOf(LedgerFormatException.class)
                    .hasMessageContaining("expected");
        }
    }

    private static String json() throws IOException {
        try (GZIPInputStream in = new GZIPInputStream(new ByteArrayInputStream(BackupCodec.encode(BACKUP)))) {
            return new String(in.readAllBytes(), UTF_8);
        }
    }

    private static void refused(String json, String what, String accepted) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream out = new GZIPOutputStream(bytes)) {
            out.write(json.getBytes(UTF_8));
        }
        assertThatThrownBy(() -> BackupCodec.decode(bytes.toByteArray(), "prod"))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining(what)
                .hasMessageContaining(accepted);
    }
}
