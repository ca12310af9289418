package io.godwit.vmm.probe;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The probe guest's kernel, a PVH ELF; its options are in {@code guests/probe/README.md}. */
public final class ProbeGuest {
    private static final String RESOURCE = "/io/godwit/guest/probe.elf";

    private ProbeGuest() {}

    public static byte[] bytes() {
        try (InputStream in = ProbeGuest.class.getResourceAsStream(RESOURCE)) {
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
