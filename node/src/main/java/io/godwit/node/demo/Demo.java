package io.godwit.node.demo;

import io.godwit.config.Units;
import io.godwit.node.api.Json;
import io.godwit.node.cli.ApiException;
import io.godwit.node.cli.ExitCodes;
import io.godwit.vmm.probe.ProbeCounters;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** {@code godwit demo}: what Godwit does, shown on this machine in a few lines, with nothing left behind. */
public final class Demo {
    private static final List<String> RING = List.of("beta", "gamma", "alpha");

    private final DemoCluster cluster;
    private final DemoReport report = new DemoReport();

    private Demo(DemoCluster cluster) {
        this.cluster = cluster;
    }

    /** Runs it; returns the exit code: not 0 when anything was not as promised. */
    public static int run(boolean json, boolean keep, boolean tls) {
        String launcher = System.getenv("GODWIT_LAUNCHER");
        if (launcher == null) {
            System.err.println("godwit: the demo starts nodes by the launcher; run it as ./godwit demo");
            return ExitCodes.USAGE;
        }
        try (DemoCluster cluster = DemoCluster.prepare(Path.of(launcher), tls, Map.of())) {
            return new Demo(cluster).showAndTell(json, keep);
        }
    }

    private int showAndTell(boolean json, boolean keep) {
        Thread cleanup = new Thread(this::onInterrupt, "demo-cleanup");
        Runtime.getRuntime().addShutdownHook(cleanup);
        try {
            show(keep);
        } catch (DemoException | ApiException failed) {
            report.broken(String.valueOf(failed.getMessage()));
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            report.broken("interrupted");
        }
        if (!forget(cleanup)) {
            return ExitCodes.DEMO_FAILED;
        }
        report.broken().forEach(broken -> say("NOT AS PROMISED: " + broken));
        if (keep && report.broken().isEmpty()) {
            cluster.keep();
            explainHowToGoOn();
        } else {
            cluster.close();
            say("all processes ended, all files deleted");
        }
        if (json) {
            say(Json.writeText(report.asJson()));
        }
        return report.broken().isEmpty() ? ExitCodes.OK : ExitCodes.DEMO_FAILED;
    }

    /** Ctrl-C: what was started is ended, and nothing of what failed because of that is told. */
    private void onInterrupt() {
        cluster.close();
        say("interrupted; all processes ended, all files deleted");
    }

    /** False where the JVM is on its way down already, and the hook has the last word. */
    private static boolean forget(Thread hook) {
        try {
            return Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException goingDown) {
            return false;
        }
    }

    private void show(boolean keep) throws InterruptedException {
        say("starting three nodes on loopback, their files in " + cluster.directory());
        cluster.start(Demo::say);
        DemoVm vm = DemoVm.start(cluster, cluster.node("alpha"));
        report.backend(vm.info().backend());
        say(
                "VM %s runs on alpha (%s): %d MiB, %d of them filled with data that does not compress, %d MB/s of it rewritten"
                        .formatted(
                                DemoVm.NAME,
                                vm.info().backend(),
                                DemoVm.MEMORY_MIB,
                                DemoVm.FILL_MIB,
                                DemoVm.RATE_MB_PER_SECOND));
        if (!vm.info().backend().equals("kvm")) {
            say(
                    "NO KVM HERE: the machine is SIMULATED, it has memory but no CPU; none of these figures is a hypervisor's");
        }
        migrateAround(vm);
        HostLoss.Outcome loss = new HostLoss(cluster, vm).inflict(Demo::say);
        report.loss(loss);
        tell(loss, vm);
        tellGuest(vm);
        if (keep) {
            say(cluster.restart(loss.host()));
        }
    }

    private void migrateAround(DemoVm vm) throws InterruptedException {
        for (String target : RING) {
            DemoMigration migration = vm.migrate(cluster.node(target));
            say(DemoReport.line(migration));
            report.migration(migration);
            if (!migration.status().equals("completed")) {
                return;
            }
        }
    }

    private static void tell(HostLoss.Outcome loss, DemoVm vm) {
        if (loss.vmRunning()) {
            say("  the VM ran on, on " + vm.host().name() + ": it needs nothing from another host");
        }
        if (loss.ledgerWriteMs() >= 0) {
            say("  the ledger took a change %s after the kill, by the two voters that are left%s"
                    .formatted(
                            Units.formatMeasuredMs(loss.ledgerWriteMs()),
                            loss.wasLedgerLeader() ? ", who elected " + loss.ledgerLeader() : ""));
        }
        if (loss.noticedMs() >= 0) {
            say("  membership shows %s as %s, first after %s"
                    .formatted(loss.host(), loss.stateSeen(), Units.formatMeasuredMs(loss.noticedMs())));
        }
    }

    private void tellGuest(DemoVm vm) {
        ProbeCounters counters = vm.counters().orElse(null);
        report.guest(counters);
        if (counters != null) {
            say("the guest wrote %s and checked %s of its memory on its way: %d errors"
                    .formatted(
                            Units.formatApproximateSize(counters.bytesWritten()),
                            Units.formatApproximateSize(counters.bytesChecked()),
                            counters.errors()));
        }
    }

    private void explainHowToGoOn() {
        String pids =
                cluster.all().stream().map(node -> Long.toString(node.pid())).collect(Collectors.joining(" "));
        say("the cluster is left up; to use it:");
        say("  export GODWIT_API=" + cluster.node("alpha").url());
        say("  ./godwit vm list; ./godwit vm migrate " + DemoVm.NAME + " beta --wait; ./godwit cluster status");
        say("to stop it:");
        say("  kill " + pids + "; rm -r " + cluster.directory());
    }

    private static void say(String line) {
        System.out.println(line);
        System.out.flush();
    }
}
