package io.godwit.config;

import java.util.List;
import java.util.Optional;

/**
 * One thing an operator may set about migrations, under the name that QEMU's and libvirt's users type. The
 * configuration file, the API, the CLI and QMP are all made from this list; each door converts its own unit.
 *
 * @param name as typed, such as {@code downtime-limit}
 * @param type what is accepted, with its unit
 * @param defaultText as it would be written in the configuration file
 * @param changeable whether a migration under way takes a new value
 * @param description for operators: one or two sentences
 */
public record MigrationParameter<T>(
        String name, ValueType<T> type, String defaultText, boolean changeable, String description) {
    private static final ValueType<Boolean> BOOL = ValueType.bool();
    private static final long MAX_TIMEOUT_MS = 7L * 24 * 3_600_000;

    public static final MigrationParameter<Long> DOWNTIME_LIMIT = changeable(
            "downtime-limit",
            ValueType.durationMs(1, MigrationSettings.MAX_DOWNTIME_LIMIT_MS),
            "300ms",
            "Longest pause a migration aims for.");
    public static final MigrationParameter<Long> MAX_BANDWIDTH = changeable(
            "max-bandwidth",
            ValueType.rate(),
            "unlimited",
            "Most a migration sends, over all its lanes, headers included. Cap it below the link's speed when the"
                    + " link is shared with the cluster's own heartbeats.");
    public static final MigrationParameter<VerifyMode> VERIFY = fixed(
            "verify",
            ValueType.oneOf(VerifyMode.class),
            "after-resume",
            "Whether memory is compared end to end: none, after-resume (costs no downtime), or at-pause (inside"
                    + " the downtime, for tests).");
    public static final MigrationParameter<Integer> CHANNELS = fixed(
            "multifd-channels",
            ValueType.integer(1, LaneSettings.MAX_CHANNELS),
            "2",
            "Parallel lanes of the page stream, each with a thread at both ends.");
    public static final MigrationParameter<Compression> COMPRESSION = fixed(
            "multifd-compression",
            ValueType.oneOf(Compression.class),
            "none",
            "How lanes compress pages; a batch that does not shrink is sent as it is.");
    public static final MigrationParameter<Integer> COMPRESS_LEVEL = fixed(
            "compress-level",
            ValueType.integer(0, 20),
            "1",
            "How hard lanes compress: 0 to 9 for zlib, 1 to 20 for zstd; what is above a method's highest means that.");
    public static final MigrationParameter<Integer> COMPRESS_THREADS = fixed(
            "compress-threads",
            ValueType.integer(1, LaneSettings.MAX_CHANNELS),
            "1",
            "Threads that compress at the source. A lane is a thread: with compression on there are at least so many"
                    + " lanes.");
    public static final MigrationParameter<Integer> DECOMPRESS_THREADS = fixed(
            "decompress-threads",
            ValueType.integer(1, LaneSettings.MAX_CHANNELS),
            "1",
            "Threads that decompress at the target: with compression on there are at least so many lanes.");
    public static final MigrationParameter<Boolean> COMPRESS_WAIT = fixed(
            "compress-wait-thread",
            BOOL,
            "true",
            "Whether pages wait for a compressing lane that is behind; where not, it sends them as they are.");
    public static final MigrationParameter<Boolean> ZERO_PAGES =
            fixed("zero-page-detection", BOOL, "true", "Whether pages that are all zero are sent as markers.");
    public static final MigrationParameter<Boolean> XBZRLE = fixed(
            "xbzrle",
            BOOL,
            "false",
            "Whether a page that is sent again is sent as its difference to what was sent before.");
    public static final MigrationParameter<Long> XBZRLE_CACHE_SIZE = fixed(
            "xbzrle-cache-size",
            ValueType.size(1L << 20, 1L << 36),
            "64MiB",
            "Memory of the source for pages as they were sent, all lanes together.");
    public static final MigrationParameter<Boolean> AUTO_CONVERGE = changeable(
            "auto-converge",
            BOOL,
            "false",
            "Whether the vCPUs that dirty memory are slowed down when rounds stop shrinking.");
    public static final MigrationParameter<Integer> THROTTLE_INITIAL = changeable(
            "cpu-throttle-initial",
            ValueType.integer(1, 99),
            "20",
            "Share of its time, in percent, that a vCPU is first held back.");
    public static final MigrationParameter<Integer> THROTTLE_INCREMENT = changeable(
            "cpu-throttle-increment",
            ValueType.integer(1, 99),
            "10",
            "Percent by which that share grows while rounds do not shrink.");
    public static final MigrationParameter<Integer> THROTTLE_MAX =
            changeable("max-cpu-throttle", ValueType.integer(1, 99), "99", "The largest such share, in percent.");
    public static final MigrationParameter<Long> VCPU_DIRTY_LIMIT = changeable(
            "vcpu-dirty-limit",
            ValueType.rate(),
            "unlimited",
            "Most each vCPU may dirty while it migrates; needs a VM with the dirty ring.");
    public static final MigrationParameter<Long> TIMEOUT = changeable(
            "timeout",
            ValueType.durationMs(1, MAX_TIMEOUT_MS).or("none", 0L, ms -> ms),
            "none",
            "How long a migration may run before timeout-action is taken.");
    public static final MigrationParameter<TimeoutAction> TIMEOUT_ACTION = changeable(
            "timeout-action",
            ValueType.oneOf(TimeoutAction.class),
            "suspend",
            "What happens at the timeout: suspend pauses the VM and sends the rest, cancel ends the migration, ignore"
                    + " goes on.");
    public static final MigrationParameter<Boolean> QUICKLY_FINISH = changeable(
            "quickly-finish",
            BOOL,
            "false",
            "Whether the allowed pause grows step by step after a few rounds, until the rest fits.");
    public static final MigrationParameter<Boolean> PAUSE_BEFORE_SWITCHOVER = fixed(
            "pause-before-switchover",
            BOOL,
            "false",
            "Whether the migration waits, with the VM paused, for migrate-continue before it switches over.");
    public static final MigrationParameter<Encryption> ENCRYPTION = fixed(
            "encryption",
            ValueType.oneOf(Encryption.class),
            "auto",
            "Whether pages are sealed: auto seals them where the cluster has certificates, on refuses where it has"
                    + " none.");
    public static final MigrationParameter<Boolean> KEEP_DEST_GUEST = fixed(
            "keep-dest-guest-on-failed",
            BOOL,
            "false",
            "Whether the target keeps a failed migration's half, paused and never runnable, for debugging.");
    public static final MigrationParameter<Long> ANNOUNCE_INITIAL = fixed(
            "announce-initial",
            ValueType.durationMs(0, 100_000),
            "50ms",
            "Pause before the second announcement of a VM's addresses after a move.");
    public static final MigrationParameter<Long> ANNOUNCE_MAX = fixed(
            "announce-max", ValueType.durationMs(0, 100_000), "550ms", "The longest pause between announcements.");
    public static final MigrationParameter<Integer> ANNOUNCE_ROUNDS =
            fixed("announce-rounds", ValueType.integer(1, 1_000), "5", "How often addresses are announced.");
    public static final MigrationParameter<Long> ANNOUNCE_STEP = fixed(
            "announce-step",
            ValueType.durationMs(0, 10_000),
            "100ms",
            "By how much the pause between announcements grows.");

    /** All parameters in the order in which an operator reads them. */
    public static final List<MigrationParameter<?>> ALL = List.of(
            DOWNTIME_LIMIT,
            MAX_BANDWIDTH,
            VERIFY,
            CHANNELS,
            COMPRESSION,
            COMPRESS_LEVEL,
            COMPRESS_THREADS,
            DECOMPRESS_THREADS,
            COMPRESS_WAIT,
            ZERO_PAGES,
            XBZRLE,
            XBZRLE_CACHE_SIZE,
            AUTO_CONVERGE,
            THROTTLE_INITIAL,
            THROTTLE_INCREMENT,
            THROTTLE_MAX,
            VCPU_DIRTY_LIMIT,
            TIMEOUT,
            TIMEOUT_ACTION,
            QUICKLY_FINISH,
            PAUSE_BEFORE_SWITCHOVER,
            ENCRYPTION,
            KEEP_DEST_GUEST,
            ANNOUNCE_INITIAL,
            ANNOUNCE_MAX,
            ANNOUNCE_ROUNDS,
            ANNOUNCE_STEP);

    public static Optional<MigrationParameter<?>> named(String name) {
        return ALL.stream().filter(parameter -> parameter.name.equals(name)).findFirst();
    }

    /** The parameter's key in the configuration file, which sets what migrations use unless told otherwise. */
    ConfigKey<T> configKey() {
        return ConfigKey.of("migration." + name, type, defaultText, description);
    }

    private static <T> MigrationParameter<T> fixed(
            String name, ValueType<T> type, String defaultText, String description) {
        return new MigrationParameter<>(name, type, defaultText, false, description);
    }

    private static <T> MigrationParameter<T> changeable(
            String name, ValueType<T> type, String defaultText, String description) {
        return new MigrationParameter<>(name, type, defaultText, true, description);
    }
}
