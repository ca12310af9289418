package io.godwit.benchmarks.machine;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * CPU time of some processes and of their threads. A process's is from {@code /proc/PID/stat}, which threads that ended
 * stay part of; a thread's from {@code /proc/PID/task/TID/schedstat}, whose first field is its nanoseconds on a CPU.
 */
public final class CpuTimes {
    /** The name under which time is counted that no living thread took. */
    public static final String ENDED = "(ended threads)";

    private static final Pattern NUMBERS = Pattern.compile("[0-9]+");
    private static final double TICKS_PER_SECOND = 100;
    private static final int UTIME = 11;
    private static final int STIME = 12;

    private final double seconds;
    private final Map<Task, Long> ns;

    private record Task(long pid, String tid, String name) {}

    private CpuTimes(double seconds, Map<Task, Long> ns) {
        this.seconds = seconds;
        this.ns = ns;
    }

    public static CpuTimes of(Collection<Long> pids) {
        Map<Task, Long> ns = new LinkedHashMap<>();
        double seconds = 0;
        for (long pid : pids) {
            try (DirectoryStream<Path> tasks = Files.newDirectoryStream(Path.of("/proc", Long.toString(pid), "task"))) {
                tasks.forEach(task -> read(pid, task, ns));
            } catch (IOException ended) {
                // A process that ended has no threads.
            }
            seconds += processSeconds(pid);
        }
        return new CpuTimes(seconds, ns);
    }

    private static void read(long pid, Path task, Map<Task, Long> ns) {
        try {
            String name = Files.readString(task.resolve("comm")).strip();
            long onCpu = onCpuNs(Files.readString(task.resolve("schedstat")));
            ns.put(new Task(pid, task.getFileName().toString(), name), onCpu);
        } catch (IOException ended) {
            // Between the listing and the reading.
        }
    }

    private static double processSeconds(long pid) {
        try {
            return secondsOf(Files.readString(Path.of("/proc", Long.toString(pid), "stat")));
        } catch (IOException ended) {
            return 0;
        }
    }

    /** User and system time of a line of {@code /proc/PID/stat}; the name in it may hold blanks and brackets. */
    static double secondsOf(String stat) {
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        return (Long.parseLong(fields[UTIME]) + Long.parseLong(fields[STIME])) / TICKS_PER_SECOND;
    }

    /** The first field of a line such as {@code 536626 62823 1}. */
    static long onCpuNs(String schedstat) {
        return Long.parseLong(schedstat.strip().split(" ")[0]);
    }

    /** These times, with those of threads that have ended since they were seen in {@code earlier}. */
    public CpuTimes withEndedOf(CpuTimes earlier) {
        Map<Task, Long> all = new LinkedHashMap<>(earlier.ns);
        all.putAll(ns);
        return new CpuTimes(seconds, all);
    }

    /** Seconds of CPU time that the processes took since. */
    public double secondsSince(CpuTimes before) {
        return seconds - before.seconds;
    }

    /** Seconds of CPU time since, by the threads' names with N for their numbers, the largest first. */
    public Map<String, Double> byNameSince(CpuTimes before) {
        Map<String, Double> byName = new TreeMap<>();
        double counted = 0;
        for (Map.Entry<Task, Long> entry : ns.entrySet()) {
            double taken = (entry.getValue() - before.ns.getOrDefault(entry.getKey(), 0L)) / 1e9;
            counted += taken;
            byName.merge(NUMBERS.matcher(entry.getKey().name()).replaceAll("N"), taken, Double::sum);
        }
        byName.put(ENDED, Math.max(0, secondsSince(before) - counted));
        return largestFirst(byName);
    }

    /** The same map, its largest value first. */
    public static Map<String, Double> largestFirst(Map<String, Double> values) {
        List<Map.Entry<String, Double>> entries = values.entrySet().stream()
                .sorted(Map.Entry.comparingByValue(Comparator.reverseOrder()))
                .toList();
        Map<String, Double> sorted = new LinkedHashMap<>();
        entries.forEach(entry -> sorted.put(entry.getKey(), entry.getValue()));
        return sorted;
    }
}
