package io.godwit.node.cli;

/** How the CLI ends; part of its interface, see docs/cli.md. */
public final class ExitCodes {
    public static final int OK = 0;
    /** The node refused the request, or it failed. */
    public static final int REFUSED = 1;
    /** The command line itself is wrong. */
    public static final int USAGE = 2;
    /** No node answers at the API's URL. */
    public static final int UNREACHABLE = 3;
    /** {@code vm migrate --wait}: the migration ended, but not completed; {@code --dry-run}: it would not end well. */
    public static final int NOT_COMPLETED = 4;
    /** {@code demo}: something was not as promised. */
    public static final int DEMO_FAILED = 5;
    /** {@code node}: the configuration was refused, or the node could not start. */
    public static final int NODE_FAILED = 6;
    /** A fault of Godwit's own. */
    public static final int INTERNAL = 70;

    private ExitCodes() {}
}
