package io.godwit.benchmarks.qemu;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.benchmarks.qemu.QemuProcess.Shape;
import io.godwit.integration.harness.FreePorts;
import io.godwit.vmm.probe.GuestMemoryFile;
import io.godwit.vmm.probe.ProbeWatch;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/** A probe guest in QEMU that goes from process to process over TCP on loopback. */
public final class QemuVm implements AutoCloseable {
    /** Nothing here is slowed by a cap: 1 TiB/s. 0 would lift it too, but not for what QEMU derives from it. */
    private static final long MAX_BANDWIDTH = 1L << 40;
    /** To boot the firmware, which nested KVM emulates, and to fill a GiB. */
    private static final Duration FILL_LIMIT = Duration.ofMinutes(2);

    private final Shape shape;
    private final QemuVariant variant;
    private final long downtimeLimitMs;
    private QemuProcess source;
    private Optional<QemuProcess> target = Optional.empty();
    private int port;

    private QemuVm(Shape shape, QemuVariant variant, long downtimeLimitMs, QemuProcess source) {
        this.shape = shape;
        this.variant = variant;
        this.downtimeLimitMs = downtimeLimitMs;
        this.source = source;
    }

    /**
     * What to start.
     *
     * @param scratch where certificates are put, where the variant wants some
     */
    public record Settings(
            Path kernel, String commandLine, int memoryMiB, QemuVariant variant, long downtimeLimitMs, Path scratch) {}

    /** Starts a guest and waits until it has filled its memory. */
    public static QemuVm start(Settings settings) throws IOException, InterruptedException {
        Optional<Path> tls = settings.variant().encrypted()
                ? Optional.of(QemuTls.make(settings.scratch().resolve("qemu-tls")))
                : Optional.empty();
        Shape shape = new Shape(settings.kernel(), settings.commandLine(), settings.memoryMiB(), tls);
        QemuVm vm = new QemuVm(shape, settings.variant(), settings.downtimeLimitMs(), QemuProcess.start(shape, false));
        try {
            vm.awaitFilled();
            return vm;
        } catch (IOException | InterruptedException | RuntimeException failed) {
            vm.close();
            throw failed;
        }
    }

    private void awaitFilled() throws IOException, InterruptedException {
        long deadline = System.nanoTime() + FILL_LIMIT.toNanos();
        while (!isFilled()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the probe in QEMU " + source.pid() + " has not filled its memory in "
                        + FILL_LIMIT.toSeconds() + " s");
            }
            Thread.sleep(50);
        }
    }

    private boolean isFilled() {
        try (ProbeWatch watch = ProbeWatch.open(source.memory())) {
            return watch.counters().map(counters -> counters.ready()).orElse(false);
        } catch (NoSuchElementException notYet) {
            return false;
        }
    }

    /** Starts the process that the next migration goes to, and has it listen. */
    public void prepareTarget() throws IOException, InterruptedException {
        QemuProcess next = QemuProcess.start(shape, true);
        target = Optional.of(next);
        setUp(source);
        setUp(next);
        port = FreePorts.tcp();
        next.execute("migrate-incoming", Map.of("uri", uri()));
    }

    private String uri() {
        return "tcp:127.0.0.1:" + port;
    }

    /** Both ends are told the same, but for the end of the TLS conversation that each has. */
    private void setUp(QemuProcess end) throws IOException {
        List<Map<String, Object>> capabilities = new ArrayList<>();
        capabilities.add(Map.of("capability", "multifd", "state", variant.multifdChannels() > 0));
        end.execute("migrate-set-capabilities", Map.of("capabilities", capabilities));
        Map<String, Object> parameters = new LinkedHashMap<>();
        parameters.put("max-bandwidth", MAX_BANDWIDTH);
        parameters.put("downtime-limit", downtimeLimitMs);
        if (variant.multifdChannels() > 0) {
            parameters.put("multifd-channels", variant.multifdChannels());
        }
        if (variant.encrypted()) {
            boolean client = end == source;
            parameters.put("tls-creds", client ? "tls-client" : "tls-server");
            parameters.put("tls-hostname", client ? QemuTls.HOST_NAME : "");
        }
        end.execute("migrate-set-parameters", parameters);
    }

    private QemuProcess prepared() {
        return target.orElseThrow(() -> new IllegalStateException("no target was prepared"));
    }

    public void begin() throws IOException {
        source.execute("migrate", Map.of("uri", uri()));
    }

    /** What {@code query-migrate} says at the source. */
    public JsonNode account() throws IOException {
        return source.execute("query-migrate");
    }

    /** Ends the process that is not needed any more: the old source, or the target of a failed migration. */
    public void arrive(boolean completed) throws IOException {
        QemuProcess next = prepared();
        target = Optional.empty();
        QemuProcess ended = completed ? source : next;
        source = completed ? next : source;
        ended.close();
    }

    public GuestMemoryFile sourceMemory() {
        return source.memory();
    }

    public GuestMemoryFile targetMemory() {
        return prepared().memory();
    }

    public List<Long> pids() {
        List<Long> pids = new ArrayList<>(List.of(source.pid()));
        target.ifPresent(process -> pids.add(process.pid()));
        return pids;
    }

    public void pause() throws IOException {
        source.execute("stop");
    }

    public void resume() throws IOException {
        source.execute("cont");
    }

    @Override
    public void close() throws IOException {
        if (target.isPresent()) {
            target.get().close();
        }
        source.close();
    }
}
