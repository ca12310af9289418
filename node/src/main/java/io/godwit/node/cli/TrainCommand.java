package io.godwit.node.cli;

import io.godwit.node.demo.Training;
import java.nio.file.Path;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;

/** {@code godwit train}. The launcher says where to and leaves it out where the JDK cannot learn. */
@Command(name = "train", description = "let a node learn, so that later ones start warm (JDK 25 or newer)")
final class TrainCommand extends WithHelp implements Callable<Integer> {
    @Override
    public Integer call() {
        String launcher = System.getenv("GODWIT_LAUNCHER");
        String cache = System.getenv("GODWIT_AOT_CACHE");
        if (launcher == null || cache == null) {
            System.err.println("godwit: only a JDK 25 or newer, started by ./godwit, can learn");
            return ExitCodes.USAGE;
        }
        return Training.run(Path.of(launcher), Path.of(cache));
    }
}
