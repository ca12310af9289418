package io.godwit.node.cli;

import io.godwit.node.demo.Demo;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code godwit demo}. */
@Command(name = "demo", description = "three nodes on this machine, and a VM that is migrated around them")
final class DemoCommand extends WithHelp implements Callable<Integer> {
    @Option(names = "--json", description = "print what was measured as a last line of JSON")
    private boolean json;

    @Option(names = "--keep", description = "leave the cluster up, and say how to use and stop it")
    private boolean keep;

    @Option(
            names = "--tls",
            description = "give the nodes certificates: they speak TLS to each other, and pages are sealed")
    private boolean tls;

    @Override
    public Integer call() {
        return Demo.run(json, keep, tls);
    }
}
