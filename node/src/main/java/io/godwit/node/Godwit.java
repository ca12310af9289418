package io.godwit.node;

import io.godwit.node.cli.GodwitCommand;

/** The program. */
public final class Godwit {
    private Godwit() {}

    public static void main(String[] arguments) {
        System.exit(GodwitCommand.create().execute(arguments));
    }
}
