package io.godwit.benchmarks;

import io.godwit.benchmarks.bandwidth.BandwidthBenchmark;
import io.godwit.benchmarks.io.IoBenchmark;
import io.godwit.benchmarks.link.LinkBenchmark;
import io.godwit.benchmarks.migration.MigrationBenchmark;
import io.godwit.benchmarks.scheduling.SchedulingBenchmark;
import picocli.CommandLine;
import picocli.CommandLine.Command;

/** Starts the whole-system benchmarks; {@code docs/benchmarks.md} says how. */
@Command(
        name = "godwit-bench",
        description = "Whole-system benchmarks of Godwit.",
        synopsisSubcommandLabel = "BENCHMARK",
        mixinStandardHelpOptions = true,
        subcommands = {
            MigrationBenchmark.class,
            BandwidthBenchmark.class,
            LinkBenchmark.class,
            IoBenchmark.class,
            SchedulingBenchmark.class
        })
public final class Benchmarks {
    private Benchmarks() {}

    /** The command line, ready to execute. */
    public static CommandLine create() {
        CommandLine commands = new CommandLine(new Benchmarks());
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        commands.setExecutionExceptionHandler(Benchmarks::onFailure);
        return commands;
    }

    private static int onFailure(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        failure.printStackTrace(command.getErr());
        return ClusterOptions.NOTHING_MEASURED;
    }

    public static void main(String[] arguments) {
        System.exit(create().execute(arguments));
    }
}
