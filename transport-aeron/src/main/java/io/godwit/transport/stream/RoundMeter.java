package io.godwit.transport.stream;

import io.godwit.transport.RoundSent;

/** Measures a round from its first page to its end. */
final class RoundMeter {
    private final LaneCounters counters;
    private boolean open;
    private long beganNs;
    private long normalBefore;
    private long zeroBefore;
    private long wireBefore;
    private long pressureBefore;

    RoundMeter(final LaneCounters counters) {
        this.counters = counters;
    }

    void begin() {
        if (open) {
            return;
        }
        open = true;
        beganNs = System.nanoTime();
        normalBefore = counters.normalPages;
        zeroBefore = counters.zeroPages;
        wireBefore = counters.wireBytes;
        pressureBefore = counters.backPressureNs;
    }

    RoundSent end(final int round) {
        open = false;
        return new RoundSent(
                round,
                counters.normalPages - normalBefore,
                counters.zeroPages - zeroBefore,
                counters.wireBytes - wireBefore,
                System.nanoTime() - beganNs,
                counters.backPressureNs - pressureBefore);
    }
}
