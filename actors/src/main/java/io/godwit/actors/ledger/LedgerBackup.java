package io.godwit.actors.ledger;

import io.godwit.control.ledger.BackupCodec;
import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerSnapshot;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * All of the ledger at one of its entries. A voter's answer is i64 term, i64 index, both big-endian, and the bytes.
 *
 * @param term of the last entry that is in it
 * @param index of that entry
 * @param bytes {@link LedgerCodec}'s snapshot, gzipped, whose CRC-32 tells damage: the bytes of a voter's own snapshot
 *     file; not copied
 */
@SuppressWarnings("ArrayRecordComponent")
public record LedgerBackup(long term, long index, byte[] bytes) {
    private static final int HEADER_BYTES = 2 * Long.BYTES;

    static byte[] encode(long term, long index, byte[] snapshot) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.writeBytes(
                ByteBuffer.allocate(HEADER_BYTES).putLong(term).putLong(index).array());
        try (OutputStream zipped = new GZIPOutputStream(out)) {
            zipped.write(snapshot);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return out.toByteArray();
    }

    /** @throws LedgerFormatException for what no voter answers */
    static LedgerBackup decode(byte[] answer) {
        if (answer.length <= HEADER_BYTES) {
            throw new LedgerFormatException(
                    "ledger backup of " + answer.length + " bytes; expected more than " + HEADER_BYTES);
        }
        ByteBuffer header = ByteBuffer.wrap(answer);
        LedgerBackup backup = new LedgerBackup(
                header.getLong(), header.getLong(), Arrays.copyOfRange(answer, HEADER_BYTES, answer.length));
        backup.snapshot();
        return backup;
    }

    /** As {@link BackupCodec} writes it to a file. */
    public byte[] file(String cluster) {
        return BackupCodec.encode(new BackupCodec.Backup(cluster, term, index, snapshot()));
    }

    /** @throws LedgerFormatException for bytes that are damaged or of another version */
    LedgerSnapshot snapshot() {
        try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
            return LedgerCodec.decodeSnapshot(in.readAllBytes());
        } catch (IOException damaged) {
            throw new LedgerFormatException("ledger backup is damaged", damaged);
        }
    }
}
