package io.godwit.node.cli;

import io.godwit.node.NodeMain;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit node}. */
@Command(name = "node", description = "run this host's node until it is told to end (SIGTERM)")
final class NodeCommand extends WithHelp implements Callable<Integer> {
    @Option(names = "--config", required = true, paramLabel = "FILE", description = "see docs/configuration.md")
    private Path config = Path.of("");

    @Override
    public Integer call() {
        return NodeMain.run(config);
    }
}
