package io.godwit.node.demo;

import io.godwit.node.api.ClusterInfo;
import io.godwit.node.cli.ApiException;
import io.godwit.vmm.probe.ProbeCounters;
import java.time.Duration;
import java.util.Comparator;
import java.util.concurrent.CompletableFuture;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;

/** Kills a node that does not run the VM, and finds out what that did. */
final class HostLoss {
    private static final Duration NOTICE_LIMIT = Duration.ofSeconds(30);
    private static final Duration WRITE_LIMIT = Duration.ofSeconds(30);
    private static final Duration LONG_ENOUGH = Duration.ofMillis(500);

    /**
     * What was found.
     *
     * @param wasLedgerLeader whether the rest had to elect another
     * @param noticedMs until a survivor's membership showed it as gone; -1 when it never did
     * @param ledgerWriteMs until a change to the VM was recorded again; -1 when it never was
     * @param lastRefusal why the last attempt to record a change was refused; empty where none was
     * @param vmRunning whether the guest went on
     */
    record Outcome(
            String host,
            boolean wasLedgerLeader,
            String stateSeen,
            long noticedMs,
            String ledgerLeader,
            long ledgerWriteMs,
            String lastRefusal,
            boolean vmRunning) {}

    private final DemoCluster cluster;
    private final DemoVm vm;
    private String lastRefusal = "";

    HostLoss(DemoCluster cluster, DemoVm vm) {
        this.cluster = cluster;
        this.vm = vm;
    }

    Outcome inflict(Consumer<String> tell) throws InterruptedException {
        String leader = ledger().leader() == null ? "" : String.valueOf(ledger().leader());
        DemoNode victim = cluster.all().stream()
                .filter(node -> node != vm.host())
                .max(Comparator.comparing(node -> node.name().equals(leader)))
                .orElseThrow();
        boolean leads = victim.name().equals(leader);
        tell.accept("killing host " + victim.name() + " (kill -9 " + victim.pid() + ")"
                + (leads ? ", which leads the ledger" : "") + "; the VM is on "
                + vm.host().name());
        victim.kill();
        long killedNs = System.nanoTime();
        boolean ran = guestRuns();
        CompletableFuture<Long> noticed = CompletableFuture.supplyAsync(() -> millisUntil(
                killedNs, NOTICE_LIMIT, () -> !stateOf(victim.name()).equals("up")));
        long writeMs = millisUntil(killedNs, WRITE_LIMIT, this::canWrite);
        long noticedMs = noticed.join();
        boolean runs = ran && guestRuns();
        ClusterInfo.LedgerInfo ledger = ledger();
        return new Outcome(
                victim.name(),
                leads,
                stateOf(victim.name()),
                noticedMs,
                ledger.leader() == null ? "" : String.valueOf(ledger.leader()),
                writeMs,
                lastRefusal,
                runs);
    }

    /** The guest has to have run for a while, not at one moment: the time is what is asked here, so it is waited. */
    private boolean guestRuns() throws InterruptedException {
        long before = heartbeat();
        Thread.sleep(LONG_ENOUGH.toMillis());
        return heartbeat() > before;
    }

    private long heartbeat() {
        return vm.counters()
                .map(ProbeCounters::perVcpu)
                .map(vcpus -> vcpus.get(0).heartbeat())
                .orElse(0L);
    }

    private boolean canWrite() {
        try {
            vm.pauseAndResume();
            return true;
        } catch (ApiException noMajorityYet) {
            lastRefusal = String.valueOf(noMajorityYet.getMessage());
            return false;
        }
    }

    private String stateOf(String host) {
        return vm.host().api().get("/v1/cluster", ClusterInfo.class).members().stream()
                .filter(member -> member.host().equals(host))
                .map(ClusterInfo.Member::state)
                .findFirst()
                .orElse("removed");
    }

    private ClusterInfo.LedgerInfo ledger() {
        return vm.host().api().get("/v1/cluster", ClusterInfo.class).ledger();
    }

    private static long millisUntil(long startNs, Duration limit, BooleanSupplier condition) {
        try {
            DemoCluster.await("the survivors", limit, condition);
        } catch (DemoException never) {
            return -1;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            return -1;
        }
        return Duration.ofNanos(System.nanoTime() - startNs).toMillis();
    }
}
