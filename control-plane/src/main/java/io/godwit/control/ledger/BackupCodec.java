package io.godwit.control.ledger;

import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.util.Set;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * A backup of the ledger as a file: gzip, whose CRC-32 tells damage, of the UTF-8 JSON object
 * {@code {"backup":1,"cluster":NAME,"term":N,"index":N,"ledger":…}}, where the ledger is a snapshot as {@link LedgerCodec}
 * writes it and term and index are those of the last entry in it.
 */
public final class BackupCodec {
    public static final int VERSION = 1;
    /** As it is on disk. */
    public static final int MAX_BYTES = 64 << 20;

    private static final int MAX_UNPACKED_BYTES = 512 << 20;
    private static final String BACKUP = "backup";
    private static final String CLUSTER = "cluster";
    private static final String TERM = "term";
    private static final String INDEX = "index";
    private static final String LEDGER = "ledger";
    private static final Set<String> FIELDS = Set.of(BACKUP, CLUSTER, TERM, INDEX, LEDGER);

    private static final JsonMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .build();

    private BackupCodec() {}

    /**
     * @param term of the last entry in it
     * @param index of that entry
     */
    public record Backup(String cluster, long term, long index, LedgerSnapshot snapshot) {}

    public static byte[] encode(Backup backup) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            ObjectNode file = JSON.createObjectNode();
            file.put(BACKUP, VERSION);
            file.put(CLUSTER, backup.cluster());
            file.put(TERM, backup.term());
            file.put(INDEX, backup.index());
            file.set(LEDGER, JSON.readTree(LedgerCodec.encode(backup.snapshot())));
            try (OutputStream zipped = new GZIPOutputStream(bytes)) {
                zipped.write(JSON.writeValueAsBytes(file));
            }
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
        return bytes.toByteArray();
    }

    /**
     * @param cluster whose backup is expected
     * @throws LedgerFormatException saying what is wrong with the file
     */
    public static Backup decode(byte[] bytes, String cluster) {
        JsonNode file = parse(unpacked(bytes));
        if (!file.has(BACKUP) && file.has("v")) {
            throw refused("names no cluster: a Godwit that could not read backups back wrote it", CLUSTER);
        }
        JsonNode version = file.path(BACKUP);
        if (!version.isInt() || version.intValue() != VERSION) {
            throw refused("has version " + shortened(version.toString()), "version " + VERSION);
        }
        Set<String> fields = new TreeSet<>();
        file.fieldNames().forEachRemaining(fields::add);
        if (!fields.equals(FIELDS)) {
            throw refused("has the fields " + shortened(fields.toString()), new TreeSet<>(FIELDS).toString());
        }
        if (!file.path(CLUSTER).isTextual() || !file.path(CLUSTER).textValue().equals(cluster)) {
            throw refused(
                    "is of cluster " + shortened(file.path(CLUSTER).toString()), "one of cluster \"" + cluster + "\"");
        }
        LedgerSnapshot snapshot = snapshot(file.path(LEDGER));
        return new Backup(cluster, number(file, TERM), number(file, INDEX), snapshot);
    }

    private static byte[] unpacked(byte[] bytes) {
        if (bytes.length > MAX_BYTES) {
            throw refused("has " + bytes.length + " bytes", "at most " + MAX_BYTES);
        }
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            byte[] unpacked = in.readNBytes(MAX_UNPACKED_BYTES);
            if (in.read() >= 0) {
                throw refused("unpacks to more than " + MAX_UNPACKED_BYTES + " bytes", "at most as many");
            }
            return unpacked;
        } catch (IOException damaged) {
            throw new LedgerFormatException(
                    "ledger backup of " + bytes.length + " bytes is damaged or no gzip file (" + damaged.getMessage()
                            + "); expected the whole of what \"godwit ledger backup\" wrote",
                    damaged);
        }
    }

    private static JsonNode parse(byte[] json) {
        try {
            JsonNode file = JSON.readTree(json);
            if (!file.isObject()) {
                throw refused("is no JSON object", "what \"godwit ledger backup\" wrote");
            }
            return file;
        } catch (IOException malformed) {
            throw new LedgerFormatException(
                    "ledger backup is not JSON; expected what \"godwit ledger backup\" wrote", malformed);
        }
    }

    private static LedgerSnapshot snapshot(JsonNode ledger) {
        try {
            LedgerSnapshot snapshot = LedgerCodec.decodeSnapshot(JSON.writeValueAsBytes(ledger));
            LedgerState.restore(snapshot);
            return snapshot;
        } catch (IllegalArgumentException contradictory) {
            throw new LedgerFormatException("ledger backup: " + contradictory.getMessage(), contradictory);
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static long number(JsonNode file, String field) {
        JsonNode number = file.path(field);
        if (!number.canConvertToLong() || !number.isIntegralNumber()) {
            throw refused(field + " is " + shortened(number.toString()), "a number");
        }
        return number.longValue();
    }

    private static LedgerFormatException refused(String what, String accepted) {
        return new LedgerFormatException("ledger backup " + what + "; expected " + accepted);
    }

    private static String shortened(String text) {
        return text.length() > 80 ? text.substring(0, 80) + "…" : text;
    }
}
