package io.godwit.migration.convergence;

import java.util.ArrayList;
import java.util.List;

/**
 * How many distinct bytes a guest dirties in a time: what repeated harvests from one moment on have shown. A guest that
 * writes the same pages again and again dirties no more than its working set, and then the curve is flat; beyond the
 * last point it goes on as it was between the last two.
 *
 * @param points ascending in time
 */
public record DirtyCurve(List<Point> points) {
    /** Nothing is dirtied. */
    public static final DirtyCurve IDLE = new DirtyCurve(List.of());

    /** A rise between the last two points of less than this part of the average one is none: the curve is flat. */
    private static final double FLAT = 0.1;

    /** @param bytes of the distinct pages dirtied within {@code seconds} */
    public record Point(double seconds, double bytes) {}

    public DirtyCurve {
        List<Point> rising = new ArrayList<>();
        double seconds = 0;
        double bytes = 0;
        for (Point point : points) {
            if (point.seconds() <= seconds || point.bytes() < bytes) {
                throw new IllegalArgumentException("a curve with " + point + " after " + seconds + " s, " + bytes
                        + " bytes: both rise from point to point");
            }
            seconds = point.seconds();
            bytes = point.bytes();
            rising.add(point);
        }
        points = List.copyOf(rising);
    }

    /** A guest of this rate and working set, for which no page is written twice before all have been. */
    public static DirtyCurve of(double bytesPerSecond, double workingSetBytes) {
        if (bytesPerSecond <= 0 || workingSetBytes <= 0) {
            return IDLE;
        }
        double full = workingSetBytes / bytesPerSecond;
        return new DirtyCurve(List.of(new Point(full, workingSetBytes), new Point(2 * full, workingSetBytes)));
    }

    /** Distinct bytes dirtied within a time. */
    public double bytesIn(double seconds) {
        Point before = new Point(0, 0);
        for (Point point : points) {
            if (seconds <= point.seconds()) {
                return before.bytes() + slope(before, point) * (seconds - before.seconds());
            }
            before = point;
        }
        return before.bytes() + tailBytesPerSecond() * (seconds - before.seconds());
    }

    private static double slope(Point from, Point to) {
        return (to.bytes() - from.bytes()) / (to.seconds() - from.seconds());
    }

    /** How fast distinct pages are still added at the curve's end. */
    private double tailBytesPerSecond() {
        if (points.isEmpty()) {
            return 0;
        }
        Point last = points.get(points.size() - 1);
        Point before = points.size() == 1 ? new Point(0, 0) : points.get(points.size() - 2);
        double tail = slope(before, last);
        return tail < FLAT * last.bytes() / last.seconds() ? 0 : tail;
    }

    /** What is written at first, before pages repeat. */
    public double bytesPerSecond() {
        return points.isEmpty() ? 0 : points.get(0).bytes() / points.get(0).seconds();
    }

    /** The working set, where the curve has become flat; else infinite: larger than was seen. */
    public double workingSetBytes() {
        if (points.isEmpty()) {
            return 0;
        }
        return tailBytesPerSecond() == 0 ? points.get(points.size() - 1).bytes() : Double.POSITIVE_INFINITY;
    }

    /** The longest time that was measured; 0 for a guest that dirties nothing. */
    public double seconds() {
        return points.isEmpty() ? 0 : points.get(points.size() - 1).seconds();
    }
}
