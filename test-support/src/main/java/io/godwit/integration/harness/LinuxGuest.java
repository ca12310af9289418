package io.godwit.integration.harness;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** The Linux that {@code guests/linux/build} has made: its kernel, and the image of its root. */
public record LinuxGuest(Path kernel, Path image) {
    static final String MEMORY = "48MiB";

    /** Without what a KVM does not know that emulates a guest's kernel, as {@code guests/linux/README.md} says. */
    private static final String CMDLINE = "console=ttyS0 root=/dev/vda rw rcupdate.rcu_expedited=1 "
            + "rcupdate.rcu_cpu_stall_suppress=1 highres=off noxsave "
            + "clearcpuid=popcnt,cx16,fsgsbase,pcid,invpcid,erms,fsrm,rdtscp,smap,smep";

    /** Skips the test, with a line, where it was not built. */
    public static LinuxGuest assumeBuilt() {
        String build = Checkout.root().resolve("guests/linux/build").toString();
        try {
            Path output = Checkout.scratch("linux").resolve("output.txt");
            Process process = ChildProcess.start(List.of(build, "--only-find"), Map.of(), output);
            boolean ended = process.waitFor(30, TimeUnit.SECONDS);
            String said = Files.readString(output).strip();
            assumeTrue(ended && process.exitValue() == 0, "skipped: no Linux guest: " + said);
            return new LinuxGuest(Path.of(said, "vmlinux"), Path.of(said, "root.img"));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while " + build + " runs", interrupted);
        }
    }

    /**
     * Its command line.
     *
     * @param address its own, in a network of 24 bits
     */
    static String cmdline(String address) {
        return CMDLINE + " ip=" + address + ":::255.255.255.0::eth0:off";
    }
}
