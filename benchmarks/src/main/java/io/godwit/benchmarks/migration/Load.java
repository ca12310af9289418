package io.godwit.benchmarks.migration;

/**
 * What the guest does while it moves: it writes pages of a working set at a rate, its other memory is filled with what
 * does not compress.
 *
 * @param rateMBps 10^6 bytes a second
 * @param wssMiB working set
 */
public record Load(int rateMBps, int wssMiB) {
    private static final int IDLE_RATE = 50;
    private static final int IDLE_WSS = 64;
    private static final int BUSY_WSS = 512;
    private static final int LIMIT = 100_000;

    /**
     * Reads {@code RATE} or {@code RATE@WSS}, such as {@code 200@512}. Without a working set it is 64 MiB up to 50 MB/s
     * and 512 MiB above.
     *
     * @throws IllegalArgumentException naming the text and what would be accepted
     */
    public static Load parse(String text) {
        String[] parts = text.strip().split("@", -1);
        if (parts.length > 2) {
            throw refused(text);
        }
        int rate = number(parts[0], text);
        int wss = parts.length == 2 ? number(parts[1], text) : rate <= IDLE_RATE ? IDLE_WSS : BUSY_WSS;
        if (wss == 0) {
            throw refused(text);
        }
        return new Load(rate, wss);
    }

    private static int number(String part, String text) {
        if (!part.matches("[0-9]{1,6}") || Integer.parseInt(part) > LIMIT) {
            throw refused(text);
        }
        return Integer.parseInt(part);
    }

    private static IllegalArgumentException refused(String text) {
        return new IllegalArgumentException("load \"" + text + "\" is not accepted; expected MB/s, such as 200, or"
                + " MB/s@MiB of working set, such as 600@512");
    }

    /** The probe's command line in a guest of so much memory: one sixteenth stays unfilled, for kernel and firmware. */
    public String commandLine(int memoryMiB) {
        int fill = Math.min(memoryMiB - memoryMiB / 16, memoryMiB - 16);
        return "fill=%d wss=%d rate=%d".formatted(fill, Math.min(wssMiB, fill), rateMBps);
    }

    @Override
    public String toString() {
        return rateMBps + " MB/s over " + wssMiB + " MiB";
    }
}
