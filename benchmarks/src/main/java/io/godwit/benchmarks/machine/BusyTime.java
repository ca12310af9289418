package io.godwit.benchmarks.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** How busy the machine is, from the first line of {@code /proc/stat}. */
final class BusyTime {
    private static final double TICKS_PER_SECOND = 100;

    private BusyTime() {}

    /** Cores kept busy, or stolen by the host below, on the average of so many milliseconds from now. */
    static double coresOver(long ms) throws IOException, InterruptedException {
        long startNs = System.nanoTime();
        long before = busyTicks(Files.readString(Path.of("/proc/stat")));
        Thread.sleep(ms);
        long ticks = busyTicks(Files.readString(Path.of("/proc/stat"))) - before;
        return ticks / TICKS_PER_SECOND / ((System.nanoTime() - startNs) / 1e9);
    }

    /** All fields of the line {@code cpu user nice system idle iowait irq softirq steal guest ...} but the idle ones and the guests', which user has. */
    static long busyTicks(String stat) {
        String[] fields = stat.substring(0, stat.indexOf('\n')).trim().split("\\s+");
        long busy = 0;
        for (int i = 1; i < Math.min(fields.length, 9); i++) {
            if (i != 4 && i != 5) {
                busy += Long.parseLong(fields[i]);
            }
        }
        return busy;
    }
}
