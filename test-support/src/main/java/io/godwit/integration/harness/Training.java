package io.godwit.integration.harness;

import java.time.Duration;
import java.util.Map;

/**
 * What {@code godwit train} leaves for the nodes of this build, as the launcher does after a build of its own: they are
 * ready in a fraction of the time. Where the JDK cannot learn, nodes start as they are.
 */
public final class Training {
    private static final Duration LIMIT = Duration.ofMinutes(4);

    private Training() {}

    /** Trains before the first node starts, unless a node of this build was trained before; the result of that. */
    public static Cli.Result ofThisBuild() {
        return Once.RESULT;
    }

    private static final class Once {
        static final Cli.Result RESULT = train();

        private static Cli.Result train() {
            long startedNs = System.nanoTime();
            Cli.Result result = Cli.run(Map.of(), LIMIT, "train");
            Figures.report(
                    "training ended with %d after %.0f s: %s",
                    result.exitCode(),
                    (System.nanoTime() - startedNs) / 1e9,
                    result.output().strip());
            return result;
        }
    }
}
