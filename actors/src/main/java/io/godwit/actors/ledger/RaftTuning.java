package io.godwit.actors.ledger;

import java.io.File;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** Ratis set up for a log of small, rare commands in a JVM that has better uses for its memory. */
final class RaftTuning {
    /** A server whose JVM or host stood still that long would close itself; the election timeout is what fences it. */
    private static final TimeDuration CLOSE_THRESHOLD = TimeDuration.valueOf(365, TimeUnit.DAYS);

    private static final SizeInBytes MESSAGE_MAX = SizeInBytes.valueOf("64MB");

    static {
        RatisInJvm.prepare(); // no client and no server is made without properties, whoever of them is the first
    }

    private RaftTuning() {}

    static RaftProperties server(LedgerSettings settings, Generation generation, LedgerSettings.Voter self) {
        RaftProperties properties = new RaftProperties();
        RaftServerConfigKeys.setStorageDir(
                properties, List.of(settings.storageDir(generation).toFile()));
        RaftServerConfigKeys.setCloseThreshold(properties, CLOSE_THRESHOLD);
        // Answers kept for repetitions by the same client; request ids are what makes later ones safe.
        RaftServerConfigKeys.RetryCache.setExpiryTime(
                properties, ms(4 * settings.timeouts().requestMs()));
        GrpcConfigKeys.Server.setHost(properties, self.host());
        GrpcConfigKeys.Server.setPort(properties, self.port());
        GrpcConfigKeys.setMessageSizeMax(properties, MESSAGE_MAX);
        GrpcConfigKeys.Server.setBossGroupSize(properties, 1);
        GrpcConfigKeys.Server.setWorkerGroupSize(properties, 2);
        elections(properties, settings.timeouts());
        log(properties);
        snapshots(properties);
        return properties;
    }

    static RaftProperties client(long requestMs, int outstandingMax) {
        RaftProperties properties = new RaftProperties();
        GrpcConfigKeys.setMessageSizeMax(properties, MESSAGE_MAX);
        GrpcConfigKeys.Client.setWorkerGroupSize(properties, 1);
        RaftClientConfigKeys.Rpc.setRequestTimeout(properties, ms(requestMs));
        RaftClientConfigKeys.Async.setOutstandingRequestsMax(properties, outstandingMax);
        return properties;
    }

    private static void elections(RaftProperties properties, LedgerSettings.Timeouts timeouts) {
        RaftServerConfigKeys.Rpc.setTimeoutMin(properties, ms(timeouts.electionMinMs()));
        RaftServerConfigKeys.Rpc.setTimeoutMax(properties, ms(timeouts.electionMaxMs()));
        // A voter that has just started has heard of no leader: it need not wait as long for one to speak.
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMin(properties, ms(timeouts.electionMinMs() / 4));
        RaftServerConfigKeys.Rpc.setFirstElectionTimeoutMax(properties, ms(timeouts.electionMaxMs() / 4));
        RaftServerConfigKeys.Rpc.setRequestTimeout(properties, ms(timeouts.electionMinMs()));
        RaftServerConfigKeys.LeaderElection.setPreVote(properties, true);
        // A leader that lost its majority may be the only voter that another can elect: Ratis has it wait for 10 s.
        RaftServerConfigKeys.LeaderElection.setLeaderStepDownWaitTime(properties, ms(timeouts.electionMinMs()));
    }

    /** An entry counts as written only after fsync; the buffers fit the largest command many times. */
    private static void log(RaftProperties properties) {
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("4MB"));
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf("8MB"));
        // A follower that has come back counts again within half a second, however long it was away: Ratis tries each 5
        // s.
        RaftServerConfigKeys.Log.Appender.setRetryPolicy(properties, "1ms,10, 500ms,1000000000");
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf("512KB"));
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("1MB"));
        // Each commit would be written behind the entry, with an fsync of its own that the next command waits for. A
        // voter that begins anew learns from its leader what is committed.
        RaftServerConfigKeys.Log.setLogMetadataEnabled(properties, false);
        RaftServerConfigKeys.Log.setUnsafeFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setAsyncFlushEnabled(properties, false);
        RaftServerConfigKeys.Log.setCorruptionPolicy(properties, RaftServerConfigKeys.Log.CorruptionPolicy.EXCEPTION);
    }

    private static void snapshots(RaftProperties properties) {
        RaftServerConfigKeys.Snapshot.setAutoTriggerEnabled(properties, true);
        RaftServerConfigKeys.Snapshot.setAutoTriggerThreshold(properties, LedgerStateMachine.ENTRIES_PER_SNAPSHOT);
        RaftServerConfigKeys.Snapshot.setRetentionFileNum(properties, 2);
        RaftServerConfigKeys.Log.setPurgeUptoSnapshotIndex(properties, true);
        RaftServerConfigKeys.Log.Appender.setSnapshotChunkSizeMax(properties, SizeInBytes.valueOf("1MB"));
    }

    private static TimeDuration ms(long ms) {
        return TimeDuration.valueOf(ms, TimeUnit.MILLISECONDS);
    }

    /** Where Ratis keeps this group below a voter's storage directory. */
    static File groupDir(LedgerSettings settings, Generation generation) {
        return settings.storageDir(generation)
                .resolve(settings.groupId(generation).getUuid().toString())
                .toFile();
    }
}
