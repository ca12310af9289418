package io.godwit.integration.harness;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What is unusual about a node.
 *
 * @param config keys of its configuration file
 * @param environment variables for its launcher
 * @param wrapper a command that the launcher's is appended to, and that becomes it by {@code exec}
 * @param address at which the node is reached by the others and by us
 * @param namespace the network namespace it lives in; null for the test's own
 */
public record NodeSettings(
        Map<String, String> config,
        Map<String, String> environment,
        List<String> wrapper,
        String address,
        @Nullable String namespace) {
    public static final String LOOPBACK = "127.0.0.1";
    public static final NodeSettings USUAL = new NodeSettings(Map.of(), Map.of(), List.of());

    public NodeSettings(Map<String, String> config, Map<String, String> environment, List<String> wrapper) {
        this(config, environment, wrapper, LOOPBACK);
    }

    public NodeSettings(
            Map<String, String> config, Map<String, String> environment, List<String> wrapper, String address) {
        this(config, environment, wrapper, address, null);
    }

    public NodeSettings {
        config = Map.copyOf(config);
        environment = Map.copyOf(environment);
        wrapper = List.copyOf(wrapper);
    }

    /** The same in a network namespace, reached by the other nodes at an address there. */
    NodeSettings inNamespace(String name, String reachedAt) {
        return new NodeSettings(config, environment, List.of("ip", "netns", "exec", name), reachedAt, name);
    }

    public static NodeSettings onJdk(Path home) {
        return new NodeSettings(Map.of(), Map.of("JAVA_HOME", home.toString()), List.of());
    }

    /** In a mount namespace of its own, with a /dev/shm of so many MiB: nobody else's is filled. */
    public static NodeSettings withSharedMemory(int mebibytes) {
        String script = "mount -t tmpfs -o size=%dm tmpfs /dev/shm && exec \"$@\"".formatted(mebibytes);
        return new NodeSettings(
                Map.of(),
                Map.of(),
                List.of("/usr/bin/unshare", "--mount", "--propagation", "private", "sh", "-c", script, "sh"));
    }

    public NodeSettings with(String key, String value) {
        Map<String, String> changed = new HashMap<>(config);
        changed.put(key, value);
        return new NodeSettings(changed, environment, wrapper, address, namespace);
    }

    /** With further variables for its launcher. */
    public NodeSettings withEnvironment(Map<String, String> variables) {
        Map<String, String> changed = new HashMap<>(environment);
        changed.putAll(variables);
        return new NodeSettings(config, changed, wrapper, address, namespace);
    }
}
