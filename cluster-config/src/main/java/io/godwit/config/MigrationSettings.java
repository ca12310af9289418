package io.godwit.config;

import static io.godwit.config.MigrationParameter.ANNOUNCE_INITIAL;
import static io.godwit.config.MigrationParameter.ANNOUNCE_MAX;
import static io.godwit.config.MigrationParameter.ANNOUNCE_ROUNDS;
import static io.godwit.config.MigrationParameter.ANNOUNCE_STEP;
import static io.godwit.config.MigrationParameter.DOWNTIME_LIMIT;
import static io.godwit.config.MigrationParameter.ENCRYPTION;
import static io.godwit.config.MigrationParameter.KEEP_DEST_GUEST;
import static io.godwit.config.MigrationParameter.MAX_BANDWIDTH;
import static io.godwit.config.MigrationParameter.VERIFY;

/**
 * What one migration goes by: every {@link MigrationParameter} as the engine uses it.
 *
 * @param downtimeLimitMs longest pause to aim for, in ms, 1..2,000,000 (QEMU's range)
 * @param maxBandwidthBytesPerSecond cap on wire bytes, 0 for none
 * @param verify when memory is compared end to end
 * @param lanes how pages travel
 * @param throttle how vCPUs are slowed
 * @param ending what happens when the rest does not fit
 * @param encryption whether pages are sealed
 * @param keepTargetOnFailure whether the target keeps its half of a failed migration
 * @param announcement how the VM's addresses are announced after the move
 */
public record MigrationSettings(
        long downtimeLimitMs,
        long maxBandwidthBytesPerSecond,
        VerifyMode verify,
        LaneSettings lanes,
        ThrottleSettings throttle,
        EndingSettings ending,
        Encryption encryption,
        boolean keepTargetOnFailure,
        Announcement announcement) {
    public static final long MAX_DOWNTIME_LIMIT_MS = 2_000_000;
    public static final MigrationSettings DEFAULT = of(MigrationParameters.NONE);

    /**
     * After a move: announced at once, then after {@code initialMs}, each pause longer by {@code stepMs} up to
     * {@code maxMs}, {@code rounds} times in all.
     */
    public record Announcement(long initialMs, long maxMs, int rounds, long stepMs) {}

    public MigrationSettings {
        if (downtimeLimitMs < 1 || downtimeLimitMs > MAX_DOWNTIME_LIMIT_MS) {
            throw new InvalidValueException("downtimeLimitMs", downtimeLimitMs, "1 to " + MAX_DOWNTIME_LIMIT_MS);
        }
        if (maxBandwidthBytesPerSecond < 0) {
            throw new InvalidValueException(
                    "maxBandwidthBytesPerSecond", maxBandwidthBytesPerSecond, "0 (unlimited) or more");
        }
    }

    /** These limits, and every other parameter's default. */
    public MigrationSettings(long downtimeLimitMs, long maxBandwidthBytesPerSecond, VerifyMode verify) {
        this(
                downtimeLimitMs,
                maxBandwidthBytesPerSecond,
                verify,
                LaneSettings.of(MigrationParameters.NONE),
                ThrottleSettings.of(MigrationParameters.NONE),
                EndingSettings.of(MigrationParameters.NONE),
                Encryption.AUTO,
                false,
                announcement(MigrationParameters.NONE));
    }

    public static MigrationSettings of(MigrationParameters parameters) {
        return new MigrationSettings(
                parameters.get(DOWNTIME_LIMIT),
                parameters.get(MAX_BANDWIDTH),
                parameters.get(VERIFY),
                LaneSettings.of(parameters),
                ThrottleSettings.of(parameters),
                EndingSettings.of(parameters),
                parameters.get(ENCRYPTION),
                parameters.get(KEEP_DEST_GUEST),
                announcement(parameters));
    }

    private static Announcement announcement(MigrationParameters parameters) {
        return new Announcement(
                parameters.get(ANNOUNCE_INITIAL),
                parameters.get(ANNOUNCE_MAX),
                parameters.get(ANNOUNCE_ROUNDS),
                parameters.get(ANNOUNCE_STEP));
    }
}
