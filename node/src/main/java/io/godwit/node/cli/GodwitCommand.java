package io.godwit.node.cli;

import io.godwit.node.Version;
import java.io.PrintWriter;
import java.util.Map;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.ParameterException;

/** The whole command line. */
@Command(
        name = "godwit",
        description = "A hypervisor cluster in one JVM per host.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            NodeCommand.class,
            DemoCommand.class,
            TrainCommand.class,
            SimulateCommand.class,
            VmCommands.class,
            MigrationCommands.class,
            HostCommands.class,
            DrainCommands.class,
            RecoveryCommands.class,
            RebalanceCommands.class,
            ClusterCommands.class,
            LedgerCommands.class,
            PoolCommands.class,
            VolumeCommands.class,
            CertCommands.class,
            CommandLine.HelpCommand.class
        },
        footer = {"", "Exit codes and examples: docs/cli.md"})
public final class GodwitCommand extends WithHelp {
    private GodwitCommand() {}

    /** The command line, ready to execute. */
    public static CommandLine create() {
        CommandLine commands = new CommandLine(new GodwitCommand());
        commands.setExecutionExceptionHandler(GodwitCommand::onFailure);
        commands.setParameterExceptionHandler(GodwitCommand::onUsage);
        commands.setCaseInsensitiveEnumValuesAllowed(true);
        ParameterFlags.addTo(command(command(commands, "vm"), "migrate").getCommandSpec());
        return commands;
    }

    private static CommandLine command(CommandLine parent, String name) {
        return Objects.requireNonNull(parent.getSubcommands().get(name), name);
    }

    @Command(name = "version", description = "this build and its JVM")
    int version(@Mixin Session session) {
        String java = Runtime.version().toString();
        return session.json()
                ? session.printJson(Map.of("version", Version.text(), "java", java))
                : session.printText("godwit %s (Java %s)%n".formatted(Version.text(), java));
    }

    private static int onFailure(Exception failure, CommandLine command, CommandLine.ParseResult parsed) {
        PrintWriter err = command.getErr();
        if (failure instanceof ApiException refused) {
            err.println("godwit: " + refused.getMessage());
            return refused.exitCode();
        }
        err.println("godwit: " + failure);
        failure.printStackTrace(err);
        return ExitCodes.INTERNAL;
    }

    private static int onUsage(ParameterException refused, String[] arguments) {
        CommandLine command = refused.getCommandLine();
        PrintWriter err = command.getErr();
        err.println("godwit: " + refused.getMessage());
        if (!CommandLine.UnmatchedArgumentException.printSuggestions(refused, err)) {
            err.println("try: " + command.getCommandSpec().qualifiedName() + " --help");
        }
        return ExitCodes.USAGE;
    }
}
