package io.godwit.transport.driver;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.OptionalLong;

/**
 * Numbers in /proc and /sys. Read in one go: files under /proc/sys say they are empty, which makes
 * {@code Files.readString} begin with a read of one byte, after which the kernel calls it the end.
 */
final class KernelFile {
    private KernelFile() {}

    static OptionalLong number(final Path file) {
        try (BufferedReader reader = Files.newBufferedReader(file)) {
            final String line = reader.readLine();
            return line == null ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(line.trim()));
        } catch (final IOException | NumberFormatException unreadable) {
            return OptionalLong.empty();
        }
    }
}
