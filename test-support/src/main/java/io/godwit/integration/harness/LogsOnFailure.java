package io.godwit.integration.harness;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;

/** Prints the end of each node's log when a test fails, and where the whole is. */
public final class LogsOnFailure implements TestExecutionExceptionHandler, LifecycleMethodExecutionExceptionHandler {
    private static final int LINES = 60;
    private static final Set<TestNode> WATCHED = ConcurrentHashMap.newKeySet();

    static void watch(TestNode node) {
        WATCHED.add(node);
    }

    static void forget(TestNode node) {
        WATCHED.remove(node);
    }

    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        show(context.getDisplayName());
        throw failure;
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable failure) throws Throwable {
        show(context.getDisplayName());
        throw failure;
    }

    private static void show(String test) {
        for (TestNode node : WATCHED) {
            List<String> lines = new ArrayList<>(node.logText().lines().toList());
            List<String> last = lines.subList(Math.max(0, lines.size() - LINES), lines.size());
            Path directory = node.directory();
            System.out.printf(
                    "---- %s failed; host %s (%s), end of %s:%n%s%n",
                    test, node.name(), node.isAlive() ? "alive" : "ended", directory, String.join("\n", last));
        }
    }
}
