package io.godwit.vmm.probe;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kernel of the guest that gives back what is typed at it, a PVH ELF; {@code guests/echo/README.md} has its options. */
public final class EchoGuest {
    private static final String RESOURCE = "/io/godwit/guest/echo.elf";

    private EchoGuest() {}

    public static byte[] bytes() {
        try (InputStream in = EchoGuest.class.getResourceAsStream(RESOURCE)) {
            if (in == null) {
                throw new FileNotFoundException("the class path has no " + RESOURCE);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the ELF to a file, replacing what is there, and returns the file. */
    public static Path extractTo(Path file) throws IOException {
        return Files.write(file, bytes());
    }
}
