package io.godwit.vmm.probe;

import io.godwit.vmm.probe.Blackout.Silence;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Turns readings of two copies of one heartbeat into silences; pure, one thread.
 *
 * <p>The heartbeat travels with the guest, so a value above all seen before means that the guest ran, wherever it is
 * read, and a value that a migration copied never is: the caller reads the target first and the source afterwards, so
 * what was copied is no higher than what the source then shows.
 */
final class SilenceMeter {
    private long lastBeat;
    private long firstReadingOfBeatNs;
    private long readingBeforeBeatNs;
    private long lastReadingStartNs;
    private long lastReadingEndNs;
    private long longestPollGapNs;
    private long polls;
    private boolean atTarget;
    private Silence longest = Silence.NONE;
    private @Nullable Silence handover;

    SilenceMeter(long beat, long startNs, long endNs) {
        lastBeat = beat;
        readingBeforeBeatNs = startNs;
        firstReadingOfBeatNs = endNs;
        lastReadingStartNs = startNs;
        lastReadingEndNs = endNs;
    }

    /** Takes one reading, which began and ended at the given times. */
    void reading(long target, long source, long startNs, long endNs) {
        polls++;
        longestPollGapNs = Math.max(longestPollGapNs, startNs - lastReadingStartNs);
        if (Math.max(target, source) > lastBeat) {
            Silence silence = silenceUntil(endNs);
            longest = longer(longest, silence);
            if (!atTarget && target > source) {
                atTarget = true;
                handover = silence;
            }
            lastBeat = Math.max(target, source);
            readingBeforeBeatNs = lastReadingStartNs;
            firstReadingOfBeatNs = endNs;
        }
        lastReadingStartNs = startNs;
        lastReadingEndNs = endNs;
    }

    private Silence silenceUntil(long beatAgainNs) {
        return new Silence(Math.max(0, lastReadingStartNs - firstReadingOfBeatNs), beatAgainNs - readingBeforeBeatNs);
    }

    private static Silence longer(Silence a, Silence b) {
        return b.atLeastNs() > a.atLeastNs() || (b.atLeastNs() == a.atLeastNs() && b.atMostNs() > a.atMostNs()) ? b : a;
    }

    boolean isAtTarget() {
        return atTarget;
    }

    /** What was seen, a silence that still goes on included. */
    Blackout result() {
        return new Blackout(
                longer(longest, silenceUntil(lastReadingEndNs)),
                Optional.ofNullable(handover),
                polls,
                longestPollGapNs);
    }
}
