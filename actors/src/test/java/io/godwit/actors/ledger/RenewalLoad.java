package io.godwit.actors.ledger;

import com.sun.management.OperatingSystemMXBean;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.permit.Renewal;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/** Many hosts that renew their permits, each in its own time. */
final class RenewalLoad {
    /** @param cpuPercent of one core, of the whole JVM: voters, lines and this load */
    record Figures(int granted, int notGranted, double medianMs, double p99Ms, double longestMs, double cpuPercent) {}

    private final List<PermitLine> lines;
    private final List<HostIdentity> hosts;
    private final long renewalMs;
    private final AtomicLong nonces = new AtomicLong();
    private final AtomicInteger notGranted = new AtomicInteger();
    private final List<Long> latenciesNanos = Collections.synchronizedList(new ArrayList<>());
    private final List<CompletableFuture<?>> outstanding = Collections.synchronizedList(new ArrayList<>());

    RenewalLoad(List<PermitLine> lines, List<HostIdentity> hosts, long renewalMs) {
        this.lines = lines;
        this.hosts = hosts;
        this.renewalMs = renewalMs;
    }

    Figures run(Duration duration) {
        OperatingSystemMXBean system = (OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean();
        ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();
        long beganNanos = System.nanoTime();
        long cpuNanos = system.getProcessCpuTime();
        for (int i = 0; i < hosts.size(); i++) {
            int host = i;
            timer.scheduleAtFixedRate(
                    () -> renew(host), i * renewalMs / hosts.size(), renewalMs, TimeUnit.MILLISECONDS);
        }
        CompletableFuture.runAsync(
                        timer::shutdownNow,
                        CompletableFuture.delayedExecutor(duration.toMillis(), TimeUnit.MILLISECONDS))
                .join();
        CompletableFuture.allOf(outstanding.toArray(CompletableFuture<?>[]::new))
                .join();
        double wallNanos = System.nanoTime() - beganNanos;
        double cpuPercent = 100 * (system.getProcessCpuTime() - cpuNanos) / wallNanos;
        latenciesNanos.sort(null);
        int count = latenciesNanos.size();
        return new Figures(
                count,
                notGranted.get(),
                ms(latenciesNanos.get(count / 2)),
                ms(latenciesNanos.get(count * 99 / 100)),
                ms(latenciesNanos.get(count - 1)),
                cpuPercent);
    }

    private void renew(int host) {
        long sentNanos = System.nanoTime();
        outstanding.add(lines.get(host % lines.size())
                .renew(new Renewal(hosts.get(host), nonces.incrementAndGet()))
                .toCompletableFuture()
                .handle((grant, failure) -> {
                    if (failure == null && grant.isPresent()) {
                        latenciesNanos.add(System.nanoTime() - sentNanos);
                    } else {
                        notGranted.incrementAndGet();
                    }
                    return null;
                }));
    }

    private static double ms(long nanos) {
        return nanos / 1e6;
    }
}
