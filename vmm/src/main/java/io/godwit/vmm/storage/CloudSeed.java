package io.godwit.vmm.storage;

import io.godwit.vmm.storage.StorageException.Kind;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What cloud-init configures a guest from, as a disk of its NoCloud data source: an ISO 9660 volume labelled
 * {@code CIDATA} with one file for each text (cloud-init's documentation, "NoCloud").
 *
 * @param userData such as {@code #cloud-config ...}
 * @param metaData in YAML, with an {@code instance-id}: a guest takes the texts once for each
 * @param networkConfig in YAML; null to leave the network to the guest
 */
public record CloudSeed(
        String userData, String metaData, @Nullable String networkConfig) {
    /** Of each text. */
    public static final int MAX_TEXT_BYTES = 1 << 20;

    private static final String LABEL = "CIDATA";

    public CloudSeed {
        check("userData", userData);
        check("metaData", metaData);
        check("networkConfig", networkConfig == null ? "" : networkConfig);
    }

    private static void check(String field, String text) {
        int bytes = text.getBytes(StandardCharsets.UTF_8).length;
        if (bytes > MAX_TEXT_BYTES) {
            throw new StorageException(
                    Kind.INVALID, field + " has " + bytes + " bytes; at most " + MAX_TEXT_BYTES + " are accepted");
        }
    }

    /** The texts of a guest that is only told its name. */
    public static String metaDataOf(String name) {
        return "instance-id: " + name + "\nlocal-hostname: " + name + "\n";
    }

    byte[] toIso9660() {
        List<Iso9660.Entry> files = new ArrayList<>();
        files.add(entry("meta-data", metaData));
        if (networkConfig != null) {
            files.add(entry("network-config", networkConfig));
        }
        files.add(entry("user-data", userData));
        return Iso9660.write(LABEL, files);
    }

    private static Iso9660.Entry entry(String name, String text) {
        return new Iso9660.Entry(name, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
    }
}
