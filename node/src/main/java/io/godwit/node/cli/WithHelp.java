package io.godwit.node.cli;

import picocli.CommandLine.Option;

/** {@code --help}. An option rather than picocli's own mixin, which methods that are commands cannot have. */
abstract class WithHelp {
    @Option(
            names = {"-h", "--help"},
            usageHelp = true,
            description = "print this")
    boolean help;
}
