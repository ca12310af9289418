package io.godwit.benchmarks;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import java.nio.ByteBuffer;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.UnsafeBuffer;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What moving pages in and out of guest memory costs, per page. {@code fresh} memory has no pages yet, as at a
 * migration's target in its first round: there the way in decides.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5)
@Measurement(iterations = 10)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED",
            "-XX:+UseG1GC"
        })
public class GuestMemoryBenchmark {
    private static final int SIZE_BYTES = 128 << 20;
    private static final int RUN_BYTES = 15 * GuestLayout.PAGE_SIZE;
    private static final int RUNS = SIZE_BYTES / RUN_BYTES;
    private static final int PAGES = RUNS * 15;

    @Param({"fresh", "populated"})
    public String memoryIs = "fresh";

    private final UnsafeBuffer run = new UnsafeBuffer(ByteBuffer.allocateDirect(RUN_BYTES));
    private GuestMemory memory = GuestMemory.create("godwit:benchmark", GuestLayout.ofSize(SIZE_BYTES));

    @Setup(Level.Invocation)
    public void prepare() {
        memory.close();
        memory = GuestMemory.create("godwit:benchmark", GuestLayout.ofSize(SIZE_BYTES));
        run.setMemory(0, RUN_BYTES, (byte) 7);
        if (memoryIs.equals("populated")) {
            write();
        }
    }

    @TearDown
    public void close() {
        memory.close();
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public void write() {
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int i = 0; i < RUNS; i++) {
                lease.write((long) i * RUN_BYTES, run, 0, RUN_BYTES);
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public void writeThroughFile() {
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int i = 0; i < RUNS; i++) {
                lease.writeThroughFile((long) i * RUN_BYTES, run, 0, RUN_BYTES);
            }
        }
    }

    /** As a migration's target does, first copies and later ones. */
    @Benchmark
    @OperationsPerInvocation(PAGES)
    public void writeToHugePages() {
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int i = 0; i < RUNS; i++) {
                lease.backWithHugePages((long) i * RUN_BYTES, RUN_BYTES);
                lease.write((long) i * RUN_BYTES, run, 0, RUN_BYTES);
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public void read() {
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int i = 0; i < RUNS; i++) {
                lease.read((long) i * RUN_BYTES, run, 0, RUN_BYTES);
            }
        }
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public int scanForZero() {
        int zero = 0;
        try (GuestMemory.Lease lease = memory.lease()) {
            for (int page = 0; page < PAGES; page++) {
                zero += lease.isZero((long) page * GuestLayout.PAGE_SIZE, GuestLayout.PAGE_SIZE) ? 1 : 0;
            }
        }
        return zero;
    }
}
