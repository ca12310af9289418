package io.godwit.migration.harness;

import io.godwit.config.MigrationSettings;
import io.godwit.config.VerifyMode;
import io.godwit.migration.IncomingSummary;
import io.godwit.migration.MigrationProgress;
import io.godwit.migration.Rehearsal;
import io.godwit.migration.SwitchoverSummary;
import io.godwit.migration.digest.MemoryComparison;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.Objects;

/**
 * Prints what migrations of a {@link TestMachine} take between two drivers of this JVM. Arguments: MiB, MB/s dirtied,
 * migrations, seconds of rehearsal. Not a hypervisor's figures: there is no CPU.
 */
public final class MigrationFigures {
    private MigrationFigures() {}

    public static void main(String[] args) {
        long mib = Long.parseLong(args[0]);
        double rate = Double.parseDouble(args[1]);
        int migrations = Integer.parseInt(args[2]);
        int rehearsalSeconds = Integer.parseInt(args[3]);
        System.out.println("java " + System.getProperty("java.version"));
        try (TestCluster cluster = new TestCluster()) {
            if (rehearsalSeconds > 0) {
                for (TestNode node : new TestNode[] {cluster.source(), cluster.target()}) {
                    System.out.println(TestCluster.await(Rehearsal.run(
                            node.transport(),
                            cluster.materializer(),
                            SimulatedMachineFactory.forRehearsals(),
                            Rehearsal.defaultSpec(),
                            Duration.ofSeconds(rehearsalSeconds))));
                }
            }
            TestMachine machine = new TestMachine("bench", mib << 20).filled(mib << 20, (mib / 4) << 20, rate);
            machine.vcpus().get(0).resume();
            for (int i = 0; i < migrations; i++) {
                machine = migrate(cluster, machine, mib << 20);
            }
            TestCluster.await(machine.vcpus().get(0).pause());
            System.out.printf(
                    "errors %d, damaged %d%n",
                    machine.writer().errors(), machine.writer().damagedPages());
            machine.close();
        }
    }

    private static TestMachine migrate(TestCluster cluster, TestMachine from, long sizeBytes) {
        TestMachine to = new TestMachine("bench", sizeBytes);
        MigrationSettings settings = new MigrationSettings(300, 0, VerifyMode.AFTER_RESUME);
        try (TestCluster.Halves halves = cluster.migration(from, to, settings)) {
            long cpuNs = cpuNs();
            halves.start();
            SwitchoverSummary sent = halves.source().restSent();
            IncomingSummary ready = halves.target().ready();
            to.vcpus().get(0).resume();
            long transferCpuNs = cpuNs() - cpuNs;
            MigrationProgress progress = halves.outgoing().progress();
            long compareNs = System.nanoTime();
            MemoryComparison comparison =
                    TestCluster.await(halves.outgoing().compare(Objects.requireNonNull(ready.digest())));
            double compareMs = (System.nanoTime() - compareNs) / 1e6;
            System.out.printf(
                    "total %.0f ms, cpu of all threads %.0f ms, rounds %d, harvests %d, %.0f MB, blackout core %.2f ms (pause %.2f save %.2f send %.2f"
                            + " of %d pages, verify %.2f restore %.2f), setup %.1f, compare %.0f ms %s, dirty %.0f MB/s%n",
                    progress.totalMs(),
                    transferCpuNs / 1e6,
                    progress.rounds(),
                    progress.dirtySyncCount(),
                    progress.transferredBytes() / 1e6,
                    (halves.target().readyNs() - halves.source().pauseAskedNs()) / 1e6,
                    sent.pauseMs(),
                    sent.saveMs(),
                    sent.sendMs(),
                    sent.pages(),
                    ready.verifyMs(),
                    ready.restoreMs(),
                    progress.setupMs(),
                    compareMs,
                    comparison.isEqual(),
                    progress.dirtyPagesRate() * 4096 / 1e6);
            halves.outgoing()
                    .observedBlackout(
                            (halves.target().readyNs() - halves.source().pauseAskedNs()) / 1e6, sent);
        }
        from.close();
        return to;
    }

    private static long cpuNs() {
        return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
                .getProcessCpuTime();
    }
}
