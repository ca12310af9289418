package io.godwit.node;

import java.lang.reflect.Proxy;
import java.util.List;

/**
 * SIGTERM, SIGINT and SIGHUP, taken before the JVM does: its shutdown hooks all run at once, and Pekko's cuts the node off
 * from the cluster after 10 s, while a drain may take minutes. By reflection, since the JDK has this in
 * {@code jdk.unsupported} only, of which javac warns without a way to say that it is meant.
 */
final class TerminationSignals {
    private static final List<String> NAMES = List.of("TERM", "INT", "HUP");

    private TerminationSignals() {}

    /** The handler is run in a thread of the JVM's for each signal. False if this JVM leaves no signals to others. */
    static boolean handle(Runnable handler) {
        try {
            Class<?> signal = Class.forName("sun.misc.Signal");
            Class<?> handlers = Class.forName("sun.misc.SignalHandler");
            Object proxy = Proxy.newProxyInstance(
                    TerminationSignals.class.getClassLoader(), new Class<?>[] {handlers}, (self, method, arguments) -> {
                        if (method.getName().equals("handle")) {
                            handler.run();
                            return null;
                        }
                        return method.invoke(handler, arguments);
                    });
            for (String name : NAMES) {
                signal.getMethod("handle", signal, handlers)
                        .invoke(null, signal.getConstructor(String.class).newInstance(name), proxy);
            }
            return true;
        } catch (ReflectiveOperationException unsupported) {
            return false;
        }
    }
}
