package io.godwit.benchmarks.link;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Runs this program again in a network namespace of its own, which takes all its devices with it when it ends. */
final class OwnNamespace {
    private static final String MARK = "godwit.bench.own-namespace";

    private OwnNamespace() {}

    static boolean isHere() {
        return Boolean.getBoolean(MARK);
    }

    /** Runs the same JVM with the same class path there, and returns its exit code. */
    static int runAgain(Class<?> main, List<String> arguments) throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL", "unshare", "--net", "--"));
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(ManagementFactory.getRuntimeMXBean().getInputArguments());
        command.addAll(List.of("-D" + MARK + "=true", "-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(arguments);
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
