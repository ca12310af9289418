package io.godwit.benchmarks.io;

import java.io.IOException;
import java.util.List;

/** A hypervisor that runs the drive guest. */
interface IoSubject extends AutoCloseable {
    String name();

    /** Boots a guest that does all jobs, and ends it. */
    List<JobResult> run() throws IOException, InterruptedException;

    @Override
    default void close() throws IOException {}
}
