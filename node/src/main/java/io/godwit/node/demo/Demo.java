package io.godwit.node.demo;
/** x. */
public final class Demo {
    private Demo() {}

    public static int run(boolean json, boolean keep) {
        return json || keep ? 0 : 1;
    }
}
