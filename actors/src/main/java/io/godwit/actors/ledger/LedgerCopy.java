package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerLevelException;
import io.godwit.control.ledger.LedgerSnapshot;
import io.godwit.control.ledger.LedgerState;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.apache.ratis.proto.RaftProtos.LogEntryProto;
import org.apache.ratis.protocol.RaftGroupMemberId;
import org.apache.ratis.server.RaftServerConfigKeys.Log.CorruptionPolicy;
import org.apache.ratis.server.metrics.SegmentedRaftLogMetrics;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.raftlog.segmented.LogSegment;
import org.apache.ratis.server.raftlog.segmented.LogSegmentPath;
import org.apache.ratis.server.storage.FileInfo;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.statemachine.impl.SingleFileSnapshotInfo;
import org.apache.ratis.util.SizeInBytes;
import org.jspecify.annotations.Nullable;

/**
 * What a voter has of the ledger on its disk: its last snapshot and every entry of its log behind that, known to be
 * committed or not. An entry that was answered is on a majority's disks, and this one's may have been needed for it, so none
 * is left out.
 *
 * @param last the last entry
 * @param writtenAt when the log was last written to, by the host's clock; empty where there is nothing behind a snapshot
 * @param state everything, with that entry
 * @param touched VMs of the last entries that named one and that still exist, the last one first
 */
public record LedgerCopy(VoterCopy last, Optional<Instant> writtenAt, LedgerSnapshot state, List<String> touched) {
    private static final int MAX_TOUCHED = 10;
    private static final SizeInBytes MAX_ENTRY = SizeInBytes.valueOf("4MB");
    private static final TermIndex NONE = TermIndex.valueOf(0, -1);

    /**
     * Reads disks. Of a voter that does not serve; one that serves, and hears of no leader, may be looked at.
     *
     * @param spoken the highest level that the build speaks
     * @throws IOException where there is no copy, or one that is damaged, has a gap or is above that level
     */
    static LedgerCopy read(LedgerSettings settings, LedgerSettings.Voter self, Generation generation, int spoken)
            throws IOException {
        Path group = RaftTuning.groupDir(settings, generation).toPath();
        if (!Files.isDirectory(group.resolve("current"))) {
            throw new IOException("host " + self.id() + " has no copy of the ledger's generation " + generation + " in "
                    + settings.storageDir(generation));
        }
        Reading reading = reading(group, spoken);
        List<LogSegmentPath> segments = segments(group.resolve("current"));
        SegmentedRaftLogMetrics metrics =
                new SegmentedRaftLogMetrics(RaftGroupMemberId.valueOf(self.peerId(), settings.groupId(generation)));
        try {
            for (LogSegmentPath segment : segments) {
                LogSegment.readSegmentFile(
                        segment.getPath().toFile(),
                        segment.getStartEnd(),
                        MAX_ENTRY,
                        CorruptionPolicy.EXCEPTION,
                        metrics,
                        reading::take);
            }
        } catch (LedgerLevelException above) {
            throw new IOException(above.getMessage(), above);
        } catch (IllegalStateException | LedgerFormatException unreadable) {
            throw new IOException("host " + self.id() + "'s copy of the ledger cannot be read: " + group, unreadable);
        } finally {
            metrics.unregister();
        }
        return reading.copy(writtenAt(segments));
    }

    private static Reading reading(Path group, int spoken) throws IOException {
        try {
            return new Reading(snapshot(group.resolve("sm")), spoken);
        } catch (LedgerLevelException above) {
            throw new IOException(above.getMessage(), above);
        }
    }

    private static Optional<SingleFileSnapshotInfo> snapshot(Path directory) throws IOException {
        if (!Files.isDirectory(directory)) {
            return Optional.empty();
        }
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(Path::toFile)
                    .filter(file -> SimpleStateMachineStorage.SNAPSHOT_REGEX
                            .matcher(file.getName())
                            .matches())
                    .map(LedgerCopy::snapshot)
                    .max(Comparator.comparing(SingleFileSnapshotInfo::getIndex));
        }
    }

    private static SingleFileSnapshotInfo snapshot(File file) {
        return new SingleFileSnapshotInfo(
                new FileInfo(file.toPath(), null), SimpleStateMachineStorage.getTermIndexFromSnapshotFile(file));
    }

    private static List<LogSegmentPath> segments(Path current) throws IOException {
        List<LogSegmentPath> segments = new ArrayList<>();
        try (Stream<Path> files = Files.list(current)) {
            files.map(LogSegmentPath::matchLogSegment)
                    .filter(path -> path != null)
                    .forEach(segments::add);
        }
        segments.sort(Comparator.comparing(LogSegmentPath::getStartEnd));
        return segments;
    }

    private static Optional<Instant> writtenAt(List<LogSegmentPath> segments) throws IOException {
        Optional<Instant> last = Optional.empty();
        for (LogSegmentPath segment : segments) {
            Instant written = Files.getLastModifiedTime(segment.getPath()).toInstant();
            last = Optional.of(last.filter(written::isBefore).orElse(written));
        }
        return last;
    }

    /** Entry by entry. */
    private static final class Reading {
        private final LedgerState state;
        private final Set<String> touched = new LinkedHashSet<>();
        private TermIndex last;

        Reading(Optional<SingleFileSnapshotInfo> snapshot, int spoken) throws IOException {
            @Nullable SingleFileSnapshotInfo info = snapshot.orElse(null);
            state = info == null ? new LedgerState(spoken) : LedgerState.restore(SnapshotFile.read(info), spoken);
            last = info == null ? NONE : info.getTermIndex();
        }

        void take(LogEntryProto entry) {
            if (entry.getIndex() <= last.getIndex()) {
                return;
            }
            if (entry.getIndex() != last.getIndex() + 1) {
                throw new IllegalStateException(
                        "entry " + entry.getIndex() + " follows entry " + last.getIndex() + ": there is a gap");
            }
            if (entry.hasStateMachineLogEntry()) {
                LedgerCommand command = LedgerCodec.decodeCommand(
                        entry.getStateMachineLogEntry().getLogData().toByteArray());
                state.apply(command);
                if (!command.vmId().isEmpty()) {
                    touched.remove(command.vmId());
                    touched.add(command.vmId());
                }
            }
            last = TermIndex.valueOf(entry);
        }

        LedgerCopy copy(Optional<Instant> writtenAt) {
            List<String> names = new ArrayList<>();
            touched.forEach(
                    id -> state.find(id).ifPresent(vm -> names.add(0, vm.spec().name())));
            return new LedgerCopy(
                    new VoterCopy(last.getTerm(), last.getIndex()),
                    writtenAt,
                    state.snapshot(),
                    List.copyOf(names.subList(0, Math.min(MAX_TOUCHED, names.size()))));
        }
    }
}
