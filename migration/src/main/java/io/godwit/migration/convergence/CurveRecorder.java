package io.godwit.migration.convergence;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Takes a {@link DirtyCurve} from looks that are due after 50, 100, 200, 400 ms and so on: few enough not to be felt by
 * the guest, whose pages are protected anew by each. Not thread-safe.
 */
public final class CurveRecorder {
    private static final long FIRST_LOOK_NS = 50_000_000;

    private final long beganNs;
    private final List<DirtyCurve.Point> points = new ArrayList<>();
    private long nextNs;

    public CurveRecorder(long nowNs) {
        beganNs = nowNs;
        nextNs = nowNs + FIRST_LOOK_NS;
    }

    /**
     * Looks if a look is due.
     *
     * @param distinctBytes harvests, and says what has been dirtied since the beginning; called only then
     */
    public void lookIfDue(long nowNs, LongSupplier distinctBytes) {
        if (nowNs >= nextNs) {
            add(nowNs, distinctBytes.getAsLong());
            nextNs = beganNs + 2 * (nowNs - beganNs);
        }
    }

    /** When the next look is due. */
    public long nextNs() {
        return nextNs;
    }

    /** The last look. */
    public DirtyCurve end(long nowNs, long distinctBytes) {
        add(nowNs, distinctBytes);
        return new DirtyCurve(points);
    }

    /** A point close behind another would make the slope between them chance. */
    private void add(long nowNs, long distinctBytes) {
        double seconds = (nowNs - beganNs) / 1e9;
        int last = points.size() - 1;
        if (last >= 0 && seconds < points.get(last).seconds() * 1.25) {
            points.remove(last);
        }
        if (seconds > 0) {
            points.add(new DirtyCurve.Point(seconds, (double) distinctBytes));
        }
    }
}
