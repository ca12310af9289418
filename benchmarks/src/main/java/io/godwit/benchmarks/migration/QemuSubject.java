package io.godwit.benchmarks.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.benchmarks.qemu.QemuVariant;
import io.godwit.benchmarks.qemu.QemuVm;
import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.vmm.probe.GuestMemoryFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** QEMU, asked to migrate one of its ways. */
final class QemuSubject implements Subject {
    private final QemuVariant variant;
    private final int memoryMiB;
    private final long downtimeLimitMs;
    private final Path kernel = ProbeVm.kernel();
    private final Path scratch;
    private Optional<QemuVm> vm = Optional.empty();

    QemuSubject(QemuVariant variant, int memoryMiB, long downtimeLimitMs) {
        this.variant = variant;
        this.memoryMiB = memoryMiB;
        this.downtimeLimitMs = downtimeLimitMs;
        scratch = Checkout.scratch(variant.label());
    }

    @Override
    public String name() {
        return variant.label();
    }

    private QemuVm guest() {
        return vm.orElseThrow(() -> new IllegalStateException("no guest was started"));
    }

    @Override
    public void startGuest(Load load) throws IOException, InterruptedException {
        vm = Optional.of(QemuVm.start(new QemuVm.Settings(
                kernel, load.commandLine(memoryMiB), memoryMiB, variant, downtimeLimitMs, scratch)));
        pause();
    }

    @Override
    public void resume() throws IOException {
        guest().resume();
    }

    @Override
    public void prepareTarget() throws IOException, InterruptedException {
        guest().prepareTarget();
    }

    @Override
    public GuestMemoryFile sourceMemory() {
        return guest().sourceMemory();
    }

    @Override
    public GuestMemoryFile targetMemory() {
        return guest().targetMemory();
    }

    @Override
    public List<Long> pids() {
        return guest().pids();
    }

    @Override
    public void begin() throws IOException {
        guest().begin();
    }

    @Override
    public Optional<Outcome> outcome() throws IOException {
        JsonNode account = guest().account();
        String status = account.path("status").asText();
        if (!status.equals("completed") && !status.equals("failed") && !status.equals("cancelled")) {
            return Optional.empty();
        }
        JsonNode ram = account.path("ram");
        return Optional.of(new Outcome(
                status.equals("completed")
                        ? ""
                        : status + ": " + account.path("error-desc").asText("no reason given"),
                account.path("total-time").asDouble(),
                account.path("downtime").asDouble(),
                ram.path("transferred").asLong(),
                ram.path("dirty-sync-count").asInt(),
                account));
    }

    @Override
    public void awaitReleased(Duration limit) {
        // When it has completed, nothing is left but two processes.
    }

    @Override
    public void arrive(boolean completed) throws IOException {
        guest().arrive(completed);
    }

    @Override
    public void pause() throws IOException {
        guest().pause();
    }

    @Override
    public void endGuest() throws IOException {
        if (vm.isPresent()) {
            vm.get().close();
            vm = Optional.empty();
        }
    }

    @Override
    public void close() throws IOException {
        endGuest();
    }
}
