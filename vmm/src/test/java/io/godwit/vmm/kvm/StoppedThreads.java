package io.godwit.vmm.kvm;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import java.util.stream.Stream;
import jnr.ffi.LastError;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Runtime;
import org.awaitility.Awaitility;

/**
 * Threads of another process, held still one by one (ptrace(2), PTRACE_SEIZE and PTRACE_INTERRUPT). Made, and closed, by
 * one thread: the kernel knows it as the tracer.
 */
final class StoppedThreads implements AutoCloseable {
    /** What is called of glibc; public because JNR-FFI implements it. */
    public interface Tracing {
        long ptrace(long request, int thread, long address, long data);
    }

    private static final long PTRACE_DETACH = 17;
    private static final long PTRACE_SEIZE = 0x4206;
    private static final long PTRACE_INTERRUPT = 0x4207;

    private static final Tracing LIBC = LibraryLoader.create(Tracing.class).load("c");

    private final Set<Integer> stopped = new HashSet<>();

    private StoppedThreads() {}

    /**
     * Stops every thread of a process but some, also those that were started while it was at it.
     *
     * @param spared by name, of which Linux keeps 15 characters
     */
    static StoppedThreads of(long pid, Predicate<String> spared) throws IOException {
        StoppedThreads threads = new StoppedThreads();
        try {
            int before;
            do {
                before = threads.stopped.size();
                for (int thread : threadsOf(pid)) {
                    if (!threads.stopped.contains(thread) && !spared.test(nameOf(pid, thread))) {
                        threads.stop(pid, thread);
                    }
                }
            } while (threads.stopped.size() > before);
            return threads;
        } catch (IOException | RuntimeException e) {
            threads.close();
            throw e;
        }
    }

    int count() {
        return stopped.size();
    }

    private void stop(long pid, int thread) {
        check("PTRACE_SEIZE", thread, LIBC.ptrace(PTRACE_SEIZE, thread, 0, 0));
        stopped.add(thread);
        check("PTRACE_INTERRUPT", thread, LIBC.ptrace(PTRACE_INTERRUPT, thread, 0, 0));
        // Not by waitpid: in a process that waits for children elsewhere too, that is told to whoever comes first.
        Awaitility.await("thread " + thread + " stands")
                .atMost(10, TimeUnit.SECONDS)
                .pollInterval(1, TimeUnit.MILLISECONDS)
                .until(() -> stateOf(pid, thread).equals("t"));
    }

    /** The letter behind the name in parentheses (proc(5)). */
    private static String stateOf(long pid, int thread) throws IOException {
        String stat = Files.readString(Path.of("/proc/" + pid + "/task/" + thread + "/stat"));
        return stat.substring(stat.lastIndexOf(')') + 2).substring(0, 1);
    }

    private static void check(String call, int thread, long result) {
        if (result < 0) {
            int errno = LastError.getLastError(Runtime.getRuntime(LIBC));
            throw new IllegalStateException(call + " of thread " + thread + ": errno " + errno);
        }
    }

    private static List<Integer> threadsOf(long pid) throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return new ArrayList<>(
                    tasks.map(task -> Integer.parseInt(task.getFileName().toString()))
                            .toList());
        }
    }

    private static String nameOf(long pid, int thread) throws IOException {
        return Files.readString(Path.of("/proc/" + pid + "/task/" + thread + "/comm"))
                .strip();
    }

    /** Lets them go on. */
    @Override
    public void close() {
        for (int thread : stopped) {
            LIBC.ptrace(PTRACE_DETACH, thread, 0, 0);
        }
        stopped.clear();
    }
}
