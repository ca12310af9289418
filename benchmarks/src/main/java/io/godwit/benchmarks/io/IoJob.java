package io.godwit.benchmarks.io;

import java.util.List;
import java.util.stream.Collectors;

/**
 * One thing that is measured.
 *
 * @param words for the drive guest, behind {@code test=}
 * @param inBytes whether its throughput is shown in MB/s, else in operations a second
 * @param received whether the host has to send
 */
record IoJob(String name, String words, boolean inBytes, boolean received) {
    private static final int BOTH_QUEUES_FULL = 256;

    /** In the order in which a guest does them. */
    static final List<IoJob> ALL = List.of(
            disk("4 KiB random read, depth 1", "mode=randread bs=4096 depth=1", false),
            disk("4 KiB random read, depth 16", "mode=randread bs=4096 depth=16", false),
            disk("4 KiB random write, depth 1", "mode=randwrite bs=4096 depth=1", false),
            disk("4 KiB random write, depth 16", "mode=randwrite bs=4096 depth=16", false),
            disk("128 KiB sequential read, depth 4", "mode=seqread bs=131072 depth=4", true),
            disk("128 KiB sequential write, depth 4", "mode=seqwrite bs=131072 depth=4", true),
            net("1514-byte packets sent", "mode=tx depth=" + BOTH_QUEUES_FULL, false),
            net("1514-byte packets received", "mode=rx depth=" + BOTH_QUEUES_FULL, true));

    private static IoJob disk(String name, String words, boolean inBytes) {
        return new IoJob(name, "test=blk " + words, inBytes, false);
    }

    private static IoJob net(String name, String words, boolean received) {
        return new IoJob(name, "test=net " + words, false, received);
    }

    /** The guest's command line. */
    static String commandLine(List<IoJob> jobs, int seconds, int spanMiB) {
        return "seconds=" + seconds + " span=" + spanMiB + " "
                + jobs.stream().map(IoJob::words).collect(Collectors.joining(" "));
    }
}
