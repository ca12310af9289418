package io.godwit.transport.stream;

/** Measures a lane's part of a round from its first page to its end. */
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
        normalBefore = counters.normalPages();
        zeroBefore = counters.zeroPages();
        wireBefore = counters.wireBytes();
        pressureBefore = counters.backPressureNs();
    }

    void end(final RoundTally tally) {
        open = false;
        tally.add(
                beganNs,
                System.nanoTime(),
                counters.normalPages() - normalBefore,
                counters.zeroPages() - zeroBefore,
                counters.wireBytes() - wireBefore,
                counters.backPressureNs() - pressureBefore);
    }
}
