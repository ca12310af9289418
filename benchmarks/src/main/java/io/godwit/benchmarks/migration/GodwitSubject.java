package io.godwit.benchmarks.migration;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Migration;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.Rest;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import io.godwit.vmm.probe.GuestMemoryFile;
import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Three Godwit nodes, all voters of the ledger; the guest goes from alpha to beta and back. */
final class GodwitSubject implements Subject {
    static final String NAME = "godwit";

    private static final Duration DIRTY_RATE_LIMIT = Duration.ofSeconds(30);

    private final TestCluster cluster;
    private final int memoryMiB;
    private final Map<String, Object> parameters;
    private final boolean planned;
    private TestNode source;
    private TestNode target;
    private Optional<ProbeVm> vm = Optional.empty();
    private String migrationId = "";
    private int guests;

    /**
     * A subject over a cluster that runs; the caller ends the cluster.
     *
     * @param parameters fields of the migration's request, beside its target
     * @param planned measures the dirty rate before each migration, which is then planned from it
     */
    GodwitSubject(TestCluster cluster, int memoryMiB, Map<String, Object> parameters, boolean planned) {
        this.cluster = cluster;
        this.memoryMiB = memoryMiB;
        this.parameters = new LinkedHashMap<>(parameters);
        this.planned = planned;
        source = cluster.alpha();
        target = cluster.beta();
    }

    @Override
    public String name() {
        return NAME;
    }

    @Override
    public void startGuest(Load load) {
        guests++;
        ProbeVm started = ProbeVm.start(
                cluster, source, ProbeVm.Shape.of("bench-" + guests, memoryMiB + "MiB", load.commandLine(memoryMiB)));
        vm = Optional.of(started);
        pause();
    }

    /** The host that has the guest. */
    String source() {
        return source.name();
    }

    private ProbeVm guest() {
        return vm.orElseThrow(() -> new IllegalStateException("no guest was started"));
    }

    private Rest.Answer tell(String verb) {
        return source.rest().post("/v1/vms/" + guest().id() + "/" + verb, Map.of());
    }

    @Override
    public void resume() {
        tell("resume").ok();
    }

    @Override
    public void prepareTarget() throws IOException, InterruptedException {
        // A node is always ready; what it prepares is part of its time.
        if (planned) {
            measureDirtyRate();
        }
    }

    private void measureDirtyRate() throws IOException, InterruptedException {
        String dirtyRate = "/v1/vms/" + guest().id() + "/dirty-rate";
        source.rest().post(dirtyRate, Map.of("durationMs", 1000)).ok();
        long deadline = System.nanoTime() + DIRTY_RATE_LIMIT.toNanos();
        JsonNode rate = source.rest().get(dirtyRate).ok();
        while (!rate.path("status").asText().equals("measured")) {
            if (System.nanoTime() > deadline) {
                throw new IOException("the dirty rate was not measured in " + DIRTY_RATE_LIMIT + ": " + rate);
            }
            Thread.sleep(100);
            rate = source.rest().get(dirtyRate).ok();
        }
    }

    @Override
    public GuestMemoryFile sourceMemory() {
        return guest().memoryAt(source);
    }

    @Override
    public GuestMemoryFile targetMemory() {
        return guest().memoryAt(target);
    }

    @Override
    public List<Long> pids() {
        return cluster.living().stream().map(TestNode::pid).toList();
    }

    @Override
    public void begin() {
        Map<String, Object> body = new LinkedHashMap<>(parameters);
        body.put("target", target.name());
        migrationId = source.rest()
                .post("/v1/vms/" + guest().id() + "/migrations", body)
                .ok()
                .path("id")
                .asText();
    }

    private JsonNode account() {
        return source.rest().get("/v1/migrations/" + migrationId).ok();
    }

    @Override
    public Optional<Outcome> outcome() {
        JsonNode account = account();
        String status = account.path("status").asText();
        if (!Migration.ENDED.contains(status)) {
            return Optional.empty();
        }
        return Optional.of(new Outcome(
                status.equals("completed")
                        ? ""
                        : status + ": " + account.path("reason").asText(),
                account.path("totalMs").asDouble(),
                account.path("downtimeMs").asDouble(),
                account.path("transferredBytes").asLong(),
                account.path("rounds").asInt(),
                account));
    }

    @Override
    public void awaitReleased(Duration limit) throws IOException, InterruptedException {
        long deadline = System.nanoTime() + limit.toNanos();
        while (!isReleased()) {
            if (System.nanoTime() > deadline) {
                throw new IOException("migration " + migrationId + " was not released in " + limit.toSeconds() + " s");
            }
            Thread.sleep(20);
        }
        JsonNode verified = account().path("verified");
        if (verified.isBoolean() && !verified.asBoolean()) {
            throw new IOException("memory at " + target + " is not what it was at " + source);
        }
    }

    private boolean isReleased() {
        return account().path("released").asBoolean()
                && guest().view().path("migration").isNull();
    }

    @Override
    public void arrive(boolean completed) {
        if (completed) {
            TestNode former = source;
            source = target;
            target = former;
        }
    }

    @Override
    public void pause() {
        tell("pause").ok();
    }

    @Override
    public void endGuest() {
        vm.ifPresent(ProbeVm::delete);
        vm = Optional.empty();
    }

    @Override
    public void close() {
        endGuest();
    }
}
