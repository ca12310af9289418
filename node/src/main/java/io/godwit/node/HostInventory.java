package io.godwit.node;

import io.godwit.actors.host.HostFacts;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What the host says of itself in {@code /proc}. */
final class HostInventory {
    private static final Path CPUINFO = Path.of("/proc/cpuinfo");
    private static final Path RELEASE = Path.of("/proc/sys/kernel/osrelease");

    private HostInventory() {}

    static HostFacts read(String apiUrl) {
        List<String> cpu = lines(CPUINFO);
        return new HostFacts(
                Runtime.getRuntime().availableProcessors(),
                field(cpu, "model name"),
                field(cpu, "microcode"),
                lines(RELEASE).stream().findFirst().orElse("unknown"),
                apiUrl,
                Version.text());
    }

    static String cpuVendor() {
        return field(lines(CPUINFO), "vendor_id");
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException absent) {
            return List.of();
        }
    }

    /** The first processor's; {@code unknown} where the kernel does not tell, as on some virtual hosts. */
    private static String field(List<String> cpuinfo, String name) {
        return cpuinfo.stream()
                .filter(line -> line.startsWith(name))
                .map(line -> line.substring(line.indexOf(':') + 1).strip())
                .findFirst()
                .orElse("unknown");
    }
}
