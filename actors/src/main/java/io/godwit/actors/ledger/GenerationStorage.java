package io.godwit.actors.ledger;

import java.io.File;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.apache.ratis.server.protocol.TermIndex;
import org.apache.ratis.server.storage.RaftStorage;
import org.apache.ratis.server.storage.RaftStorageMetadata;
import org.apache.ratis.statemachine.impl.SimpleStateMachineStorage;
import org.apache.ratis.util.SizeInBytes;

/** A generation's storage as its founder first finds it. */
final class GenerationStorage {
    private GenerationStorage() {}

    /**
     * A group that has that snapshot, and no log. On disk when it returns.
     *
     * @param last which entry is the last one in it: the new log goes on behind it, in later terms
     */
    static void write(LedgerSettings settings, Generation generation, VoterCopy last, byte[] state) throws IOException {
        File group = RaftTuning.groupDir(settings, generation);
        Path directory = settings.storageDir(generation);
        Files.createDirectories(directory);
        RaftStorage storage = RaftStorage.newBuilder()
                .setDirectory(group)
                .setOption(RaftStorage.StartupOption.FORMAT)
                .setStorageFreeSpaceMin(SizeInBytes.ZERO)
                .build();
        try (storage) {
            storage.initialize();
            storage.getMetadataFile()
                    .persist(RaftStorageMetadata.valueOf(
                            last.term(), RaftStorageMetadata.getDefault().getVotedFor()));
            Path machine = storage.getStorageDir().getStateMachineDir().toPath();
            Files.createDirectories(machine);
            String name = SimpleStateMachineStorage.getSnapshotFileName(last.term(), last.index());
            SnapshotFile.write(machine.resolve(name).toFile(), state, TermIndex.valueOf(last.term(), last.index()));
            sync(machine);
        }
        sync(group.toPath());
        sync(directory);
        sync(directory.resolve(".."));
    }

    private static void sync(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        }
    }
}
