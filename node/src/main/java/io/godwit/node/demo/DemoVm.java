package io.godwit.node.demo;

import io.godwit.node.api.MigrationInfo;
import io.godwit.node.api.VmInfo;
import io.godwit.node.cli.ApiClient;
import io.godwit.node.cli.ApiException;
import io.godwit.vmm.probe.Blackout;
import io.godwit.vmm.probe.BlackoutWatch;
import io.godwit.vmm.probe.GuestKernel;
import io.godwit.vmm.probe.GuestMemoryFile;
import io.godwit.vmm.probe.ProbeCounters;
import io.godwit.vmm.probe.ProbeWatch;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Optional;

/** The demo's guest: a probe that fills its memory, keeps dirtying it, and checks every page of it all the time. */
final class DemoVm {
    static final String NAME = "probe";
    static final int MEMORY_MIB = 512;
    static final int FILL_MIB = 480;
    static final int RATE_MB_PER_SECOND = 50;
    private static final String PATH = "/v1/vms/" + NAME;
    private static final Duration FILL_LIMIT = Duration.ofMinutes(1);
    private static final Duration MIGRATION_LIMIT = Duration.ofMinutes(1);
    private static final Duration VERDICT_LIMIT = Duration.ofSeconds(15);
    private static final Duration HANDOVER_LIMIT = Duration.ofSeconds(5);
    private static final Duration POLL_INTERVAL = Duration.ofNanos(100_000);

    private final Path kernel;
    private DemoNode host;

    private DemoVm(Path kernel, DemoNode host) {
        this.kernel = kernel;
        this.host = host;
    }

    /** Creates and starts the VM, and waits until its memory is filled. */
    static DemoVm start(DemoCluster cluster, DemoNode host) throws InterruptedException {
        Path kernel = cluster.directory().resolve("probe.elf");
        try {
            GuestKernel.PROBE.extractTo(kernel);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot write " + kernel, failed);
        }
        host.api()
                .post(
                        "/v1/vms",
                        Map.of(
                                "name",
                                NAME,
                                "memory",
                                MEMORY_MIB + "MiB",
                                "vcpus",
                                1,
                                "kernel",
                                kernel.toString(),
                                "cmdline",
                                "fill=" + FILL_MIB + " wss=64 rate=" + RATE_MB_PER_SECOND,
                                "host",
                                host.name(),
                                "start",
                                true));
        DemoVm vm = new DemoVm(kernel, host);
        DemoCluster.await(
                "the guest to fill its memory",
                FILL_LIMIT,
                () -> vm.counters().map(ProbeCounters::ready).orElse(false));
        return vm;
    }

    DemoNode host() {
        return host;
    }

    /** What it runs. */
    Path kernel() {
        return kernel;
    }

    VmInfo info() {
        return host.api().get(PATH, VmInfo.class);
    }

    /** What the guest counted, read from its memory; empty while there is none to read. */
    Optional<ProbeCounters> counters() {
        try (ProbeWatch watch = ProbeWatch.open(memory(host))) {
            return watch.counters();
        } catch (NoSuchElementException noMachineNow) {
            return Optional.empty();
        }
    }

    private static GuestMemoryFile memory(DemoNode node) {
        return GuestMemoryFile.ofGodwit(node.pid(), NAME);
    }

    /** Moves the VM and measures from outside how long it stood still. */
    DemoMigration migrate(DemoNode target) throws InterruptedException {
        DemoNode source = host;
        try (BlackoutWatch watch = BlackoutWatch.start(memory(source), memory(target), POLL_INTERVAL)) {
            String id = begin(source.api(), target.name());
            MigrationInfo ended = awaitEnd(source.api(), id);
            boolean completed = ended.status().equals("completed");
            boolean seen = completed && watch.awaitHandover(HANDOVER_LIMIT);
            Blackout blackout = watch.stop();
            if (completed) {
                host = target;
                ended = awaitVerdict(source.api(), ended);
            }
            return new DemoMigration(
                    source.name(),
                    target.name(),
                    ended.status(),
                    ended.reason(),
                    ended.rounds(),
                    ended.totalMs(),
                    ended.downtimeMs(),
                    seen ? blackout.handover().map(DemoVm::tenths).orElse(-1.0) : -1,
                    tenths(blackout.longest()),
                    ended.transferredBytes(),
                    Boolean.TRUE.equals(ended.verified()));
        }
    }

    private static double tenths(Blackout.Silence silence) {
        return Math.round(silence.atMostMs() * 10) / 10.0;
    }

    /** A VM may move again when its last source has let go of it, which takes a moment after it runs. */
    private String begin(ApiClient api, String target) throws InterruptedException {
        long deadline = System.nanoTime() + HANDOVER_LIMIT.toNanos();
        while (true) {
            try {
                byte[] answer = api.post(PATH + "/migrations", Map.of("target", target));
                return api.read(answer, MigrationInfo.class).id();
            } catch (ApiException refused) {
                if (System.nanoTime() > deadline) {
                    throw refused;
                }
                Thread.sleep(50);
            }
        }
    }

    private static MigrationInfo awaitEnd(ApiClient api, String id) throws InterruptedException {
        DemoCluster.await(
                "migration " + id, MIGRATION_LIMIT, () -> find(api, id).ended());
        return find(api, id);
    }

    private static MigrationInfo awaitVerdict(ApiClient api, MigrationInfo migration) throws InterruptedException {
        try {
            DemoCluster.await(
                    "its verdict",
                    VERDICT_LIMIT,
                    () -> find(api, migration.id()).verified() != null);
        } catch (DemoException late) {
            return migration;
        }
        return find(api, migration.id());
    }

    private static MigrationInfo find(ApiClient api, String id) {
        return api.get("/v1/migrations/" + id, MigrationInfo.class);
    }

    /** Records a state in the ledger and takes it back: the shortest proof that a majority decides. */
    void pauseAndResume() {
        host.api().post(PATH + "/pause", Map.of());
        host.api().post(PATH + "/resume", Map.of());
    }
}
