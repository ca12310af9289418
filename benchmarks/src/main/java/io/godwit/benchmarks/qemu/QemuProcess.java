package io.godwit.benchmarks.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.ChildProcess;
import io.godwit.vmm.probe.GuestMemoryFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** One QEMU with one guest, and its monitor. */
final class QemuProcess implements AutoCloseable {
    static final String BINARY = "qemu-system-x86_64";
    private static final long START_LIMIT_MS = 30_000;
    private static final long END_LIMIT_MS = 10_000;

    private final Process process;
    private final QmpClient qmp;

    private QemuProcess(Process process, QmpClient qmp) {
        this.process = process;
        this.qmp = qmp;
    }

    /**
     * What QEMU is given. The guest's RAM is a shared memfd, so that its counters can be read from outside.
     *
     * @param tls directory of the credentials, where migrations are encrypted
     */
    record Shape(Path kernel, String commandLine, int memoryMiB, Optional<Path> tls) {
        /** The command, for a QEMU that boots, or one that waits for {@code migrate-incoming}. */
        List<String> command(Path monitor, boolean incoming) {
            List<String> command = new ArrayList<>(List.of(
                    BINARY,
                    "-nodefaults",
                    "-no-user-config",
                    "-enable-kvm",
                    "-cpu",
                    "host,-arch-capabilities", // nested KVM refuses to write that MSR
                    "-smp",
                    "1",
                    "-m",
                    memoryMiB + "M",
                    "-object",
                    "memory-backend-memfd,id=ram,share=on,size=" + memoryMiB + "M",
                    "-machine",
                    "pc,memory-backend=ram",
                    "-display",
                    "none",
                    "-serial",
                    "null",
                    "-kernel",
                    kernel.toString(),
                    "-append",
                    commandLine,
                    "-qmp",
                    "unix:" + monitor + ",server=on,wait=off"));
            tls.ifPresent(directory -> command.addAll(List.of(
                    "-object",
                    "tls-creds-x509,id=tls-server,endpoint=server,verify-peer=yes,dir=" + directory,
                    "-object",
                    "tls-creds-x509,id=tls-client,endpoint=client,verify-peer=yes,dir=" + directory)));
            if (incoming) {
                command.addAll(List.of("-incoming", "defer"));
            }
            return command;
        }
    }

    /** Starts a QEMU and connects to its monitor. It ends with this JVM at the latest. */
    static QemuProcess start(Shape shape, boolean incoming) throws IOException, InterruptedException {
        Path directory = Files.createTempDirectory("godwit-qemu-"); // short: a socket's path ends at 107 bytes
        Path monitor = directory.resolve("qmp");
        Path log = directory.resolve("log");
        Process process = ChildProcess.start(shape.command(monitor, incoming), Map.of(), log);
        try {
            QmpClient qmp = connect(process, monitor, log);
            return new QemuProcess(process, qmp);
        } catch (IOException | InterruptedException | RuntimeException failed) {
            process.destroyForcibly();
            throw failed;
        } finally {
            Files.deleteIfExists(monitor); // a connected socket needs no name
            Files.deleteIfExists(log);
            Files.delete(directory);
        }
    }

    private static QmpClient connect(Process process, Path monitor, Path log) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + START_LIMIT_MS * 1_000_000;
        while (true) {
            try {
                return QmpClient.connect(monitor);
            } catch (IOException notYet) {
                if (!process.isAlive() || System.nanoTime() > deadline) {
                    throw new IOException(
                            BINARY + " did not offer its monitor; it printed: " + Files.readString(log), notYet);
                }
                Thread.sleep(10);
            }
        }
    }

    JsonNode execute(String command, Map<String, ?> arguments) throws IOException {
        return qmp.execute(command, arguments);
    }

    JsonNode execute(String command) throws IOException {
        return qmp.execute(command, Map.of());
    }

    long pid() {
        return process.pid();
    }

    GuestMemoryFile memory() {
        return GuestMemoryFile.ofQemu(pid());
    }

    /** SIGKILL: nothing of a guest that has moved away, or is not wanted any more, needs an orderly end. */
    @Override
    public void close() throws IOException {
        qmp.close();
        process.destroyForcibly();
        try {
            if (!process.waitFor(END_LIMIT_MS, TimeUnit.MILLISECONDS)) {
                throw new IOException(BINARY + " with id " + pid() + " did not end");
            }
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted while " + BINARY + " ends", interrupted);
        }
    }
}
