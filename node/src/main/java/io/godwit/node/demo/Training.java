package io.godwit.node.demo;

import io.godwit.node.api.VmInfo;
import io.godwit.node.cli.ApiClient;
import io.godwit.node.cli.ApiException;
import io.godwit.node.cli.ExitCodes;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/**
 * {@code godwit train}: has one node of a cluster on loopback write down which classes it used and how its methods
 * behaved while a VM moved around, so that the JVMs of later nodes start from that (JEP 514 and 515, JDK 25).
 */
public final class Training {
    /** The one that learns: it leads the cluster, and sends and receives the VM. */
    private static final String PUPIL = "alpha";

    private static final List<String> WAY = List.of("beta", PUPIL, "gamma", PUPIL, "beta", PUPIL);

    /** As many as it takes until what makes and ends one is compiled. */
    private static final int BRIEF_VMS = 20;

    /** Writing takes some ten seconds of CPU time. */
    private static final Duration WRITE_LIMIT = Duration.ofMinutes(3);

    private Training() {}

    /**
     * Leaves {@code cache} whole or not at all.
     *
     * @return the exit code
     */
    public static int run(Path launcher, Path cache) {
        Path unfinished = cache.resolveSibling(
                cache.getFileName() + "." + ProcessHandle.current().pid());
        try (DemoCluster cluster =
                DemoCluster.prepare(launcher, false, Map.of(PUPIL, "-XX:AOTCacheOutput=" + unfinished))) {
            Thread cleanup = new Thread(cluster::close, "training-cleanup");
            Runtime.getRuntime().addShutdownHook(cleanup);
            train(cluster);
            Files.move(unfinished, cache, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            return ExitCodes.OK;
        } catch (DemoException | ApiException | IOException failed) {
            System.err.println("godwit: nothing was learnt: " + failed.getMessage());
            return ExitCodes.INTERNAL;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return ExitCodes.INTERNAL;
        } finally {
            delete(unfinished);
        }
    }

    private static void train(DemoCluster cluster) throws InterruptedException {
        cluster.start(ready -> {});
        DemoVm vm = DemoVm.start(cluster, cluster.node(PUPIL));
        for (String target : WAY) {
            DemoMigration migration = vm.migrate(cluster.node(target));
            if (!migration.status().equals("completed")) {
                throw new DemoException("a migration " + migration.status() + ": " + migration.reason());
            }
        }
        comeAndGo(cluster.node(PUPIL).api(), vm.kernel());
        cluster.node(PUPIL).terminate();
        cluster.node(PUPIL).awaitEnd(WRITE_LIMIT);
    }

    /** VMs that are defined, run, looked at and removed. */
    private static void comeAndGo(ApiClient api, Path kernel) {
        for (int i = 0; i < BRIEF_VMS; i++) {
            String name = "brief" + i;
            Map<String, Object> brief = Map.of(
                    "name",
                    name,
                    "memory",
                    "64MiB",
                    "kernel",
                    kernel.toString(),
                    "cmdline",
                    "fill=1 wss=1 rate=1",
                    "host",
                    PUPIL,
                    "start",
                    true);
            api.post("/v1/vms", brief);
            api.get("/v1/vms/" + name, VmInfo.class);
            api.post("/v1/vms/" + name + "/stop", Map.of());
            api.delete("/v1/vms/" + name);
        }
    }

    private static void delete(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException failed) {
            throw new UncheckedIOException("cannot delete " + file, failed);
        }
    }
}
