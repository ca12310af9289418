package io.godwit.vmm.probe;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;

/** Kernels of bare-metal guests that come with Godwit, PVH ELFs; {@code guests/NAME/README.md} has each one's options. */
public enum GuestKernel {
    /** Dirties memory at a set rate and checks it. */
    PROBE,
    /** Drives virtio devices. */
    DRIVE,
    /** Gives back what is typed at it. */
    ECHO;

    private static final String RESOURCES = "/io/godwit/guest/";

    public byte[] bytes() {
        String resource = RESOURCES + name().toLowerCase(Locale.ROOT) + ".elf";
        try (InputStream in = GuestKernel.class.getResourceAsStream(resource)) {
            if (in == null) {
                throw new FileNotFoundException("the class path has no " + resource);
            }
            return in.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes the ELF to a file, replacing what is there, and returns the file. */
    public Path extractTo(Path file) throws IOException {
        return Files.write(file, bytes());
    }
}
