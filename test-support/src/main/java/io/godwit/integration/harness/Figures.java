package io.godwit.integration.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Locale;

/** What a run measured: printed, and appended to {@code target/it/figures.txt}. */
public final class Figures {
    private Figures() {}

    public static synchronized void report(String format, Object... values) {
        String line = "figure: " + String.format(Locale.ROOT, format, values);
        System.out.println(line);
        Path file = Checkout.root().resolve("integration-tests/target/it/figures.txt");
        try {
            Files.createDirectories(file.getParent());
            Files.writeString(file, line + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
