package io.godwit.node;
/** x. */
public final class NodeMain { private NodeMain() {}  public static int run(java.nio.file.Path p) { return p.getNameCount(); } }
