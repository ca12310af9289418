package io.godwit.migration;

/** Rates of late, from totals that callers bring: kept for a while so that two quick callers see the same. */
final class Throughput {
    private static final long WINDOW_NS = 200_000_000;

    private long sinceNs;
    private long bytesThen;
    private long pagesThen;
    private double bytesPerSecond;
    private double pagesPerSecond;

    Throughput(long startNs) {
        sinceNs = startNs;
    }

    /** A moment's rates. */
    record Rates(double mbps, double pagesPerSecond) {}

    synchronized Rates at(long nowNs, long bytes, long pages) {
        long elapsedNs = nowNs - sinceNs;
        if (elapsedNs >= WINDOW_NS || (bytesPerSecond == 0 && elapsedNs > 0)) {
            double seconds = elapsedNs / 1e9;
            bytesPerSecond = (bytes - bytesThen) / seconds;
            pagesPerSecond = (pages - pagesThen) / seconds;
            if (elapsedNs >= WINDOW_NS) {
                sinceNs = nowNs;
                bytesThen = bytes;
                pagesThen = pages;
            }
        }
        return new Rates(bytesPerSecond * 8 / 1e6, pagesPerSecond);
    }
}
