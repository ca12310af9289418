package io.godwit.integration.harness;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What of this machine a test may need. */
public final class Host {
    private static final Path KVM = Path.of("/dev/kvm");
    private static final Path JVMS = Path.of("/usr/lib/jvm");

    private Host() {}

    /** Skips the test, with a line, where guests cannot run. */
    public static void assumeKvm() {
        assumeTrue(Files.isReadable(KVM) && Files.isWritable(KVM), "skipped: /dev/kvm cannot be opened here");
    }

    /** Skips the test, with a line, where a mount namespace cannot be made. */
    public static void assumeRoot() {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root, to mount a small /dev/shm");
        assumeTrue(Files.isExecutable(Path.of("/usr/bin/unshare")), "skipped: needs unshare, of util-linux");
    }

    /** Skips the test, with a line, where network namespaces cannot be made. */
    public static void assumeNetworkNamespaces() {
        assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root, to make network namespaces");
        assumeTrue(
                Files.isExecutable(Path.of("/usr/sbin/ip")) || Files.isExecutable(Path.of("/sbin/ip")),
                "skipped: needs ip, of iproute2");
    }

    /** Skips the test, with a line, where {@code ping} is missing. */
    public static void assumePing() {
        assumeTrue(
                Files.isExecutable(Path.of("/usr/bin/ping")) || Files.isExecutable(Path.of("/bin/ping")),
                "skipped: needs ping, of iputils-ping");
    }

    /** A JDK and its feature version. */
    public record Jdk(Path home, int feature) {
        @Override
        public String toString() {
            return "JDK " + feature;
        }
    }

    /** Every JDK of this machine that Godwit supports, each once, oldest first. */
    public static List<Jdk> jdks() throws IOException {
        try (Stream<Path> homes = Files.exists(JVMS) ? Files.list(JVMS) : Stream.empty()) {
            return homes.filter(home -> Files.isExecutable(home.resolve("bin/java")))
                    .map(Host::realPath)
                    .distinct()
                    .map(home -> new Jdk(home, featureOf(home)))
                    .filter(jdk -> jdk.feature() >= 17)
                    .sorted(java.util.Comparator.comparingInt(Jdk::feature))
                    .toList();
        }
    }

    private static Path realPath(Path home) {
        try {
            return home.toRealPath();
        } catch (IOException dangling) {
            return home;
        }
    }

    /** From the file {@code release} that every JDK has: {@code JAVA_VERSION="17.0.15"}. 0 where it says nothing. */
    private static int featureOf(Path home) {
        try (Stream<String> lines = Files.lines(home.resolve("release"))) {
            return lines.filter(line -> line.startsWith("JAVA_VERSION=\""))
                    .map(line -> line.substring("JAVA_VERSION=\"".length()).split("[.\"+-]", 2)[0])
                    .mapToInt(Integer::parseInt)
                    .findFirst()
                    .orElse(0);
        } catch (IOException | NumberFormatException untold) {
            return 0;
        }
    }
}
