package io.godwit.benchmarks.io;

import io.godwit.benchmarks.ClusterOptions;
import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.report.ResultFiles;
import io.godwit.integration.harness.Checkout;
import io.godwit.vmm.probe.GuestKernel;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Throughput and latency of disks and networks: the same guest in Godwit and in QEMU, in turn. */
@Command(
        name = "io",
        mixinStandardHelpOptions = true,
        sortOptions = false,
        description = "a guest's disk and network in Godwit and in QEMU, in turn (needs root)")
public final class IoBenchmark implements Callable<Integer> {
    private static final String MAC = "02:00:12:5a:77:01";
    private static final int PID_MASK = 0xffff;
    private static final int CHUNK_BYTES = 1 << 20;

    @Spec
    private @Nullable CommandSpec spec;

    @Mixin
    private ClusterOptions options = new ClusterOptions();

    @Option(names = "--runs", defaultValue = "5", description = "of each system that count (default: 5)")
    private int runs;

    @Option(names = "--warm-up", defaultValue = "1", description = "runs before those (default: 1)")
    private int warmUp;

    @Option(names = "--seconds", defaultValue = "1", description = "of each job in a run (default: 1)")
    private int seconds;

    @Option(names = "--span", defaultValue = "256", paramLabel = "MiB", description = "of the image (default: 256)")
    private int spanMiB;

    @Option(names = "--direct", description = "past the host's page cache: O_DIRECT, cache=none")
    private boolean direct;

    @Option(names = "--only", paramLabel = "TEXT", description = "only jobs with this in their name")
    private String only = "";

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<IoJob> jobs =
                IoJob.ALL.stream().filter(job -> job.name().contains(only)).toList();
        if (runs < 1 || runs > 100 || warmUp < 0 || seconds < 1 || seconds > 60 || spanMiB < 1 || jobs.isEmpty()) {
            throw new ParameterException(
                    spec().commandLine(),
                    "expected --runs from 1 to 100, --warm-up from 0, --seconds from 1 to 60, --span from 1 MiB, and an"
                            + " --only that is part of one of "
                            + IoJob.ALL.stream().map(IoJob::name).toList());
        }
        MachineFacts machine = options.facts();
        PrintWriter out = new PrintWriter(spec().commandLine().getOut(), true);
        out.println(machine.summary());
        if (options.refuses(machine)) {
            return ClusterOptions.NOT_QUIET;
        }
        IoReport report = measure(jobs, out);
        String markdown = report.markdown(machine);
        out.print(markdown);
        out.println("results: " + ResultFiles.write(options.out(), "io", report.asJson(machine), markdown));
        return 0;
    }

    private IoReport measure(List<IoJob> jobs, PrintWriter out) throws IOException, InterruptedException {
        Path scratch = Checkout.scratch("io");
        Path image = image(scratch);
        try {
            Path kernel = GuestKernel.DRIVE.extractTo(scratch.resolve("drive.elf"));
            Setting setting =
                    new Setting(scratch, kernel, image, direct, IoJob.commandLine(jobs, seconds, spanMiB), jobs);
            try (GodwitIo godwit = GodwitIo.start(options.jdk().home(), setting, MAC, IoBenchmark::tapFor);
                    Tap tap = godwit.tap()) {
                return takeTurns(List.of(godwit, new QemuIo(setting, tap)), new IoReport(jobs), out);
            }
        } finally {
            Files.deleteIfExists(image);
        }
    }

    private IoReport takeTurns(List<IoSubject> subjects, IoReport report, PrintWriter out)
            throws IOException, InterruptedException {
        for (int run = -warmUp; run < runs; run++) {
            List<IoSubject> order = new ArrayList<>(subjects);
            if (run % 2 != 0) {
                order = List.of(subjects.get(1), subjects.get(0));
            }
            for (IoSubject subject : order) {
                List<JobResult> results = subject.run();
                out.println((run < 0 ? "warm-up" : "run " + (run + 1)) + ": " + subject.name());
                if (run >= 0) {
                    report.add(subject.name(), results);
                }
            }
        }
        return report;
    }

    /** Of bytes that no file system leaves out. */
    private Path image(Path scratch) throws IOException {
        Path image = scratch.resolve("disk.img");
        Random random = new Random(1);
        byte[] chunk = new byte[CHUNK_BYTES];
        try (OutputStream file = Files.newOutputStream(image)) {
            for (int i = 0; i < spanMiB; i++) {
                random.nextBytes(chunk);
                file.write(chunk);
            }
        }
        return image;
    }

    /** As Godwit names it. */
    private static Tap tapFor(long pid) {
        try {
            String low = MAC.replace(":", "").substring(4);
            return Tap.make("gw%s%04x".formatted(low, pid & PID_MASK), MAC);
        } catch (IOException failed) {
            throw new UncheckedIOException("no tap can be made: " + failed.getMessage(), failed);
        }
    }

    private CommandSpec spec() {
        if (spec == null) {
            throw new IllegalStateException("not started by the command line");
        }
        return spec;
    }
}
