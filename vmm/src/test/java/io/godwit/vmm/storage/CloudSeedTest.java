package io.godwit.vmm.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Reads the volume as a guest does: descriptor, root directory, files. */
class CloudSeedTest {
    private static final int PLAIN = 16;
    private static final int JOLIET = 17;

    @Test
    void shouldHoldEachTextUnderTheNameThatCloudInitLooksFor() {
        byte[] image = new CloudSeed("#cloud-config\n", "instance-id: db\n", "version: 2\n").toIso9660();

        assertThat(label(image)).isEqualTo("CIDATA");
        assertThat(files(image, JOLIET, StandardCharsets.UTF_16BE))
                .containsExactly(
                        Map.entry("meta-data", "instance-id: db\n"),
                        Map.entry("network-config", "version: 2\n"),
                        Map.entry("user-data", "#cloud-config\n"));
        assertThat(files(image, PLAIN, StandardCharsets.US_ASCII))
                .containsOnlyKeys("META-DATA.;1", "NETWORK-CONFIG.;1", "USER-DATA.;1");
    }

    @Test
    void shouldKeepTextsOfManySectorsAndNoneAtAll() {
        String large = "ü".repeat(100_000);
        Map<String, String> files =
                files(new CloudSeed(large, "", null).toIso9660(), JOLIET, StandardCharsets.UTF_16BE);

        assertThat(files).containsExactly(Map.entry("meta-data", ""), Map.entry("user-data", large));
    }

    @Test
    void shouldBeOfWholeSectorsAndSayHowMany() {
        byte[] image = new CloudSeed("x", "y", "z").toIso9660();

        assertThat(image.length % Iso9660.SECTOR_BYTES).isZero();
        assertThat(little(image).getInt(PLAIN * Iso9660.SECTOR_BYTES + 80)).isEqualTo(image.length / 2048);
    }

    @Test
    void shouldRefuseATextThatIsTooLong() {
        assertThatThrownBy(() -> new CloudSeed("", "x".repeat(CloudSeed.MAX_TEXT_BYTES + 1), null))
                .isInstanceOf(StorageException.class)
                .hasMessageContaining("metaData has 1048577 bytes");
    }

    private static String label(byte[] image) {
        return new String(image, PLAIN * Iso9660.SECTOR_BYTES + 40, 32, StandardCharsets.US_ASCII).strip();
    }

    private static Map<String, String> files(byte[] image, int descriptor, Charset charset) {
        ByteBuffer bytes = little(image);
        int root = descriptor * Iso9660.SECTOR_BYTES + 156;
        int at = bytes.getInt(root + 2) * Iso9660.SECTOR_BYTES;
        Map<String, String> files = new LinkedHashMap<>();
        for (int index = 0; image[at] != 0; at += image[at], index++) {
            if (index >= 2) { // after the directory itself and its parent
                String name = new String(image, at + 33, image[at + 32], charset);
                int begin = bytes.getInt(at + 2) * Iso9660.SECTOR_BYTES;
                files.put(name, new String(image, begin, bytes.getInt(at + 10), StandardCharsets.UTF_8));
            }
        }
        return files;
    }

    private static ByteBuffer little(byte[] image) {
        return ByteBuffer.wrap(image).order(ByteOrder.LITTLE_ENDIAN);
    }
}
