package io.godwit.vmm.probe;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;

/** A QEMU process that runs the probe with its memory in a memfd. */
final class QemuProbe implements AutoCloseable {
    private static final Path QEMU = Path.of("/usr/bin/qemu-system-x86_64");
    private static final Path KVM = Path.of("/dev/kvm");

    private final Process process;
    private final Path serial;
    private final Path monitor;

    private QemuProbe(Process process, Path serial, Path monitor) {
        this.process = process;
        this.serial = serial;
        this.monitor = monitor;
    }

    static void assumePossible() {
        assumeTrue(Files.isExecutable(QEMU), QEMU + " is not installed: the probe was not booted");
        assumeTrue(Files.isReadable(KVM) && Files.isWritable(KVM), KVM + " cannot be opened: the probe was not booted");
    }

    /** Starts QEMU; its files, named after {@code name}, are in {@code directory}. */
    static QemuProbe start(Path directory, String name, int vcpus, int memoryMib, String options, String... more)
            throws IOException {
        Path kernel = GuestKernel.PROBE.extractTo(directory.resolve(name + ".elf"));
        Path serial = directory.resolve(name + ".serial");
        Path monitor = directory.resolve(name + ".monitor");
        List<String> command = new ArrayList<>(List.of(
                QEMU.toString(), "-nodefaults", "-display", "none", "-enable-kvm", "-cpu", "host,-arch-capabilities"));
        command.addAll(List.of("-machine", "pc,memory-backend=ram", "-m", memoryMib + "M", "-smp", "" + vcpus));
        command.addAll(List.of("-object", "memory-backend-memfd,id=ram,share=on,size=" + memoryMib + "M"));
        command.addAll(List.of("-name", name + ",debug-threads=on"));
        command.addAll(List.of("-kernel", kernel.toString(), "-append", options, "-serial", "file:" + serial));
        command.addAll(List.of("-monitor", "unix:" + monitor + ",server,nowait"));
        command.addAll(List.of("-device", "isa-debug-exit,iobase=0xf4,iosize=4"));
        command.addAll(List.of(more));
        Process process = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve(name + ".log").toFile())
                .start();
        return new QemuProbe(process, serial, monitor);
    }

    GuestMemoryFile memory() {
        return GuestMemoryFile.ofQemu(process.pid());
    }

    /** Waits until the probe has filled its memory. */
    ProbeWatch awaitReady(Duration limit) {
        ProbeWatch watch = Awaitility.await("QEMU's memory")
                .atMost(limit)
                .ignoreException(NoSuchElementException.class)
                .until(() -> ProbeWatch.open(memory()), opened -> true);
        Awaitility.await("the probe is ready")
                .atMost(limit)
                .pollInterval(Duration.ofMillis(5))
                .until(() -> watch.counters().map(ProbeCounters::ready).orElse(false));
        return watch;
    }

    /** How long the vCPUs' threads have been on a CPU, added up. */
    long vcpuRunNs() throws IOException {
        long runNs = 0;
        Path tasks = Path.of("/proc", Long.toString(process.pid()), "task");
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(tasks)) {
            for (Path thread : threads) {
                if (Files.readString(thread.resolve("comm")).matches("CPU \\d+/KVM\n")) {
                    runNs += Long.parseLong(
                            Files.readString(thread.resolve("schedstat")).split(" ")[0]);
                }
            }
        }
        return runNs;
    }

    String serial() throws IOException {
        return Files.exists(serial) ? Files.readString(serial, StandardCharsets.ISO_8859_1) : "";
    }

    /** What QEMU ends with: 2 * code + 1 after a debug exit. */
    int awaitExit(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            throw new AssertionError("QEMU did not end in " + limit);
        }
        return process.exitValue();
    }

    /** Sends one line to the human monitor; what it answers is not read. */
    void monitor(String command) throws IOException {
        try (SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            socket.connect(UnixDomainSocketAddress.of(monitor));
            socket.write(ByteBuffer.wrap((command + "\ninfo status\n").getBytes(StandardCharsets.US_ASCII)));
            StringBuilder answer = new StringBuilder();
            var in = Channels.newInputStream(socket);
            while (answer.indexOf("VM status") < 0) {
                int c = in.read();
                if (c < 0) {
                    throw new IOException("QEMU's monitor closed after: " + answer);
                }
                answer.append((char) c);
            }
        }
    }

    @Override
    public void close() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }
}
