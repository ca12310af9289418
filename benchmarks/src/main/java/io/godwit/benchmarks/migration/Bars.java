package io.godwit.benchmarks.migration;

import io.godwit.benchmarks.qemu.QemuVariant;
import io.godwit.benchmarks.report.Bar;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What Godwit promises beside QEMU: not to take longer in all than QEMU with two multifd channels, nor to stand still
 * for longer; 15 ms are good enough for a guest that is nearly idle. Encrypted migrations are compared with QEMU's over
 * TLS, by time alone. Times are the outside clock's, the same for both.
 */
final class Bars {
    private static final double IDLE_BLACKOUT_MS = 15;
    private static final int IDLE_RATE_MBPS = 50;
    private static final double PREDICTION_ERROR_PERCENT = 20;

    private Bars() {}

    /** @param planned whether each migration was planned from a measured dirty rate, before it began */
    static List<Bar> of(List<Summary> summaries, boolean planned) {
        List<Bar> bars = new ArrayList<>();
        for (Summary godwit : summaries) {
            if (godwit.subject().equals(GodwitSubject.NAME)) {
                if (planned) {
                    bars.add(Bar.atMost(
                            godwit.load() + ": error of the planned total time",
                            PREDICTION_ERROR_PERCENT,
                            godwit.predictionErrorPercent(),
                            "%"));
                }
                peer(summaries, godwit, QemuVariant.MULTIFD2).ifPresent(qemu -> {
                    bars.add(total(godwit, qemu));
                    bars.add(blackout(godwit, qemu));
                });
                peer(summaries, godwit, QemuVariant.MULTIFD2_TLS).ifPresent(qemu -> bars.add(total(godwit, qemu)));
            }
        }
        return bars;
    }

    private static Optional<Summary> peer(List<Summary> summaries, Summary godwit, QemuVariant variant) {
        return summaries.stream()
                .filter(other ->
                        other.subject().equals(variant.label()) && other.load().equals(godwit.load()))
                .findFirst();
    }

    private static Bar total(Summary godwit, Summary qemu) {
        return Bar.atMost(
                godwit.load() + ": total time ÷ " + qemu.subject(), 1.0, godwit.outsideMs() / qemu.outsideMs(), "");
    }

    private static Bar blackout(Summary godwit, Summary qemu) {
        double limit = godwit.load().rateMBps() <= IDLE_RATE_MBPS
                ? Math.max(qemu.blackoutMs(), IDLE_BLACKOUT_MS)
                : qemu.blackoutMs();
        return Bar.atMost(godwit.load() + ": blackout", limit, godwit.blackoutMs(), "ms");
    }
}
