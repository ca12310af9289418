package io.godwit.actors.ledger;

import java.io.File;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.ratis.client.RaftClientConfigKeys;
import org.apache.ratis.conf.RaftProperties;
import org.apache.ratis.grpc.GrpcConfigKeys;
import org.apache.ratis.server.RaftServerConfigKeys;
import org.apache.ratis.util.SizeInBytes;
import org.apache.ratis.util.TimeDuration;

/** Ratis set up for a log of small, rare commands in a JVM that has better uses for its memory. */
final class RaftTuning {
    /** Ratis' netty, unless the operator said otherwise: one small arena instead of 16 MiB for each of many. */
    private static final Map<String, String> NETTY = Map.of(
            "org.apache.ratis.thirdparty.io.netty.allocator.numDirectArenas", "1",
            "org.apache.ratis.thirdparty.io.netty.allocator.numHeapArenas", "1",
            "org.apache.ratis.thirdparty.io.netty.allocator.maxOrder", "6",
            "org.apache.ratis.thirdparty.io.netty.eventLoopThreads", "2");

    /** A server whose JVM or host stood still that long would close itself; the election timeout is what fences it. */
    private static final TimeDuration CLOSE_THRESHOLD = TimeDuration.valueOf(365, TimeUnit.DAYS);

    private static final SizeInBytes MESSAGE_MAX = SizeInBytes.valueOf("64MB");

    private RaftTuning() {}

    /** Before the first class of Ratis' netty is loaded. */
    static void limitNetty() {
        NETTY.forEach((key, value) -> {
            if (System.getProperty(key) == null) {
                System.setProperty(key, value);
            }
        });
    }

    static RaftProperties server(LedgerSettings settings, LedgerSettings.Voter self) {
        RaftProperties properties = new RaftProperties();
        RaftServerConfigKeys.setStorageDir(
                properties, List.of(settings.storageDir().toFile()));
        RaftServerConfigKeys.setCloseThreshold(properties, CLOSE_THRESHOLD);
        GrpcConfigKeys.Server.setHost(properties, self.host());
        GrpcConfigKeys.Server.setPort(properties, self.port());
        GrpcConfigKeys.setMessageSizeMax(properties, MESSAGE_MAX);
        GrpcConfigKeys.Server.setBossGroupSize(properties, 1);
        GrpcConfigKeys.Server.setWorkerGroupSize(properties, 2);
        elections(properties, settings.timeouts());
        reads(properties, settings.timeouts());
        log(properties);
        snapshots(properties);
        return properties;
    }

    static RaftProperties client(LedgerSettings.Timeouts timeouts, int outstandingMax) {
        RaftProperties properties = new RaftProperties();
        GrpcConfigKeys.setMessageSizeMax(properties, MESSAGE_MAX);
        GrpcConfigKeys.Client.setWorkerGroupSize(properties, 1);
        RaftClientConfigKeys.Rpc.setRequestTimeout(properties, ms(timeouts.requestMs()));
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
    }

    /** Each read confirms the leadership by a round of the quorum: a lease would trust clocks and pauses. */
    private static void reads(RaftProperties properties, LedgerSettings.Timeouts timeouts) {
        RaftServerConfigKeys.Read.setOption(properties, RaftServerConfigKeys.Read.Option.LINEARIZABLE);
        RaftServerConfigKeys.Read.setLeaderLeaseEnabled(properties, false);
        RaftServerConfigKeys.Read.setTimeout(properties, ms(timeouts.requestMs()));
    }

    /** An entry counts as written only after fsync; the buffers fit the largest command many times. */
    private static void log(RaftProperties properties) {
        RaftServerConfigKeys.Log.setSegmentSizeMax(properties, SizeInBytes.valueOf("4MB"));
        RaftServerConfigKeys.Log.setPreallocatedSize(properties, SizeInBytes.valueOf("1MB"));
        RaftServerConfigKeys.Log.setSegmentCacheNumMax(properties, 2);
        RaftServerConfigKeys.Log.setSegmentCacheSizeMax(properties, SizeInBytes.valueOf("8MB"));
        RaftServerConfigKeys.Log.Appender.setBufferByteLimit(properties, SizeInBytes.valueOf("512KB"));
        RaftServerConfigKeys.Log.setWriteBufferSize(properties, SizeInBytes.valueOf("1MB"));
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
    static File groupDir(LedgerSettings settings) {
        return settings.storageDir()
                .resolve(settings.groupId().getUuid().toString())
                .toFile();
    }
}
