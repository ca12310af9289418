package io.godwit.integration.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a process holds at one moment, from {@code /proc/PID}.
 *
 * @param descriptors open descriptors, counted by what they are: {@code socket}, {@code anon_inode:kvm-vm} …
 * @param mappings lines of {@code maps}, counted by file or kind
 * @param threads names of its threads, counted without their numbers
 * @param residentKiB RssAnon + RssFile: without guest memory, which is shared
 * @param cpuTicks user and system time, in ticks of 1/100 s
 */
public record ProcessCensus(
        Map<String, Integer> descriptors,
        Map<String, Integer> mappings,
        Map<String, Integer> threads,
        long residentKiB,
        long cpuTicks) {
    private static final int TICKS_PER_SECOND = 100;
    private static final Pattern NUMBERS = Pattern.compile("[0-9]+|[0-9a-f]{8}-[0-9a-f-]{27}");

    public static ProcessCensus of(long pid) {
        Path proc = Path.of("/proc", Long.toString(pid));
        try {
            return new ProcessCensus(
                    descriptors(proc.resolve("fd")),
                    mappings(proc.resolve("maps")),
                    threads(proc.resolve("task")),
                    statusKiB(proc, "RssAnon:") + statusKiB(proc, "RssFile:"),
                    cpuTicks(proc.resolve("stat")));
        } catch (IOException gone) {
            throw new UncheckedIOException("process " + pid + " cannot be looked at", gone);
        }
    }

    private static Map<String, Integer> descriptors(Path directory) throws IOException {
        Map<String, Integer> counted = new TreeMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                try {
                    count(counted, kindOf(Files.readSymbolicLink(entry).toString()));
                } catch (IOException closedMeanwhile) {
                    // Not held any more.
                }
            }
        }
        return counted;
    }

    private static Map<String, Integer> mappings(Path file) throws IOException {
        Map<String, Integer> counted = new TreeMap<>();
        try (Stream<String> lines = Files.lines(file)) {
            lines.forEach(line -> {
                String[] fields = line.split(" +", 6);
                count(counted, fields.length < 6 ? "anonymous" : kindOf(fields[5]));
            });
        }
        return counted;
    }

    private static Map<String, Integer> threads(Path directory) throws IOException {
        Map<String, Integer> counted = new TreeMap<>();
        try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
            for (Path entry : entries) {
                try {
                    count(
                            counted,
                            kindOf(Files.readString(entry.resolve("comm")).strip()));
                } catch (IOException endedMeanwhile) {
                    // Not held any more.
                }
            }
        }
        return counted;
    }

    private static String kindOf(String name) {
        return NUMBERS.matcher(name).replaceAll("N");
    }

    private static void count(Map<String, Integer> counted, String kind) {
        counted.merge(kind, 1, Integer::sum);
    }

    private static long statusKiB(Path proc, String field) throws IOException {
        try (Stream<String> lines = Files.lines(proc.resolve("status"))) {
            return lines.filter(line -> line.startsWith(field))
                    .mapToLong(line -> Long.parseLong(line.replaceAll("[^0-9]", "")))
                    .findFirst()
                    .orElseThrow(() -> new IOException(proc + " has no " + field));
        }
    }

    /** Fields 14 and 15 of {@code stat}, counted behind the name, which may hold spaces; see proc(5). */
    private static long cpuTicks(Path stat) throws IOException {
        String text = Files.readString(stat);
        List<String> fields = List.of(text.substring(text.lastIndexOf(')') + 2).split(" "));
        return Long.parseLong(fields.get(11)) + Long.parseLong(fields.get(12));
    }

    public int descriptorCount() {
        return sum(descriptors);
    }

    public int mappingCount() {
        return sum(mappings);
    }

    public int threadCount() {
        return sum(threads);
    }

    /** Share of one core used since an earlier census, which was so long ago; 1.0 is a whole core. */
    public double coreShareSince(ProcessCensus earlier, long elapsedNs) {
        return (cpuTicks - earlier.cpuTicks) / (double) TICKS_PER_SECOND / (elapsedNs / 1e9);
    }

    /** How many open descriptors are guest memory. */
    public int guestMemories() {
        return descriptors.entrySet().stream()
                .filter(entry -> entry.getKey().startsWith("/memfd:godwit:"))
                .mapToInt(Map.Entry::getValue)
                .sum();
    }

    /** What there is more of than before, for a message: {@code +3 anon_inode:[eventfd]}. */
    public String growthSince(ProcessCensus earlier) {
        return "descriptors " + growth(earlier.descriptors, descriptors) + ", mappings "
                + growth(earlier.mappings, mappings) + ", threads " + growth(earlier.threads, threads);
    }

    private static Map<String, Integer> growth(Map<String, Integer> before, Map<String, Integer> after) {
        Map<String, Integer> growth = new TreeMap<>();
        after.forEach((kind, count) -> growth.put(kind, count - before.getOrDefault(kind, 0)));
        before.forEach((kind, count) -> growth.putIfAbsent(kind, -count));
        growth.values().removeIf(change -> change == 0);
        return growth;
    }

    private static int sum(Map<String, Integer> counted) {
        return counted.values().stream().mapToInt(Integer::intValue).sum();
    }

    @Override
    public String toString() {
        return descriptorCount() + " descriptors, " + mappingCount() + " mappings, " + threadCount() + " threads, "
                + residentKiB / 1024 + " MiB resident";
    }
}
