package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerLevelException;
import io.godwit.control.ledger.LedgerSnapshot;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.apache.ratis.io.MD5Hash;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.AtomicFileOutputStream;
import org.apache.ratis.util.MD5FileUtil;

/** A snapshot on disk: {@link LedgerCodec}'s bytes, gzipped, with the checksum file that Ratis keeps beside it. */
final class SnapshotFile {
    private SnapshotFile() {}

    /** Durable when it returns: the log behind it may be purged. */
    static SingleFileSnapshotInfo write(File file, byte[] encoded, TermIndex applied) throws IOException {
        AtomicFileOutputStream atomic = new AtomicFileOutputStream(file);
        try (OutputStream out = new GZIPOutputStream(atomic)) {
            out.write(encoded);
        } catch (IOException e) {
            atomic.abort();
            throw e;
        }
        MD5Hash digest = MD5FileUtil.computeAndSaveMd5ForFile(file);
        return new SingleFileSnapshotInfo(new FileInfo(file.toPath(), digest), applied);
    }

    /**
     * @throws IOException for a file that is damaged or of another version
     * @throws LedgerLevelException for one of a higher level than this build speaks
     */
    static LedgerSnapshot read(SingleFileSnapshotInfo snapshot) throws IOException {
        File file = snapshot.getFile().getPath().toFile();
        MD5Hash expected = MD5FileUtil.readStoredMd5ForFile(file);
        if (expected != null) {
            MD5FileUtil.verifySavedMD5(file, expected);
        }
        try (InputStream in = new GZIPInputStream(Files.newInputStream(file.toPath()))) {
            return LedgerCodec.decodeSnapshot(in.readAllBytes());
        } catch (LedgerLevelException above) {
            throw above;
        } catch (LedgerFormatException e) {
            throw new IOException("ledger snapshot " + file + " cannot be read", e);
        }
    }
}
