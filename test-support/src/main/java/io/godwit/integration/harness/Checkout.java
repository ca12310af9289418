package io.godwit.integration.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The source tree under test, its launcher and what it has built. */
public final class Checkout {
    private Checkout() {}

    /** The directory of the launcher: the parent of this module's. */
    public static Path root() {
        Path directory = Path.of("").toAbsolutePath();
        while (!Files.isExecutable(directory.resolve("godwit"))) {
            directory = directory.getParent();
            if (directory == null) {
                throw new IllegalStateException(
                        "found no executable godwit above " + Path.of("").toAbsolutePath());
            }
        }
        return directory;
    }

    public static Path launcher() {
        return root().resolve("godwit");
    }

    /**
     * Where logs and state are kept: under a {@code target}, so that a clean build starts without them. Property
     * {@code godwit.scratch} names another directory than the integration tests', from the root.
     */
    public static Path scratch(String prefix) {
        try {
            Path parent = Files.createDirectories(
                    root().resolve(System.getProperty("godwit.scratch", "integration-tests/target/it")));
            return Files.createTempDirectory(parent, prefix + "-");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
