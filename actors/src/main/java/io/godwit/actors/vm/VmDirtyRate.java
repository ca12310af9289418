package io.godwit.actors.vm;

import io.godwit.actors.vault.VaultedMachine;
import io.godwit.migration.dirtyrate.DirtyRate;
import io.godwit.migration.dirtyrate.DirtyRateMeasurement;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/** A VM's dirty rate: the measurement under way and the last one. Begun by the VM's actor, read by any thread. */
final class VmDirtyRate {
    private static final String NO_VCPUS =
            "the dirty bitmap does not tell vCPUs apart; a VM with dirty-log ring has a rate for each";

    private volatile State state = new State("unstarted", 0, 0, 0, null, "");
    private @Nullable DirtyRateMeasurement measurement;

    /** The last outcome stays until there is another. */
    private record State(
            String status,
            long startedAtEpochMs,
            long calcTimeMs,
            long endedNs,
            @Nullable DirtyRate rate,
            String detail) {}

    boolean isMeasuring() {
        return state.status.equals("measuring");
    }

    /** Begins; completes with the outcome. */
    CompletionStage<DirtyRate> measure(VaultedMachine machine, Duration duration) {
        long startedAt = System.currentTimeMillis();
        DirtyRate before = state.rate;
        long beforeEndedNs = state.endedNs;
        state = new State("measuring", startedAt, duration.toMillis(), beforeEndedNs, before, "");
        DirtyRateMeasurement begun = DirtyRateMeasurement.start(machine.machine(), duration);
        measurement = begun;
        return begun.outcome().whenComplete((rate, failure) -> {
            String detail = failure == null
                    ? ""
                    : "the last measurement failed: "
                            + ProblemException.problemOf(failure).detail();
            state = failure == null
                    ? new State("measured", startedAt, duration.toMillis(), System.nanoTime(), rate, "")
                    : new State("unstarted", startedAt, duration.toMillis(), beforeEndedNs, before, detail);
        });
    }

    /** The machine goes: what is being measured has no end. */
    void end() {
        if (measurement != null) {
            measurement.close();
            measurement = null;
        }
        state = new State("unstarted", 0, 0, 0, null, "");
    }

    /** What was measured lately, if anything. */
    Optional<DirtyRate> fresh(Duration within) {
        State now = state;
        boolean old = System.nanoTime() - now.endedNs > within.toNanos();
        return now.rate == null || old ? Optional.empty() : Optional.of(now.rate);
    }

    /** What was measured lately or is being measured; else it is measured now. */
    CompletionStage<DirtyRate> freshOrMeasured(VaultedMachine machine, Duration within, Duration duration) {
        Optional<DirtyRate> known = fresh(within);
        if (known.isPresent()) {
            return CompletableFuture.completedStage(known.get());
        }
        DirtyRateMeasurement underWay = measurement;
        return isMeasuring() && underWay != null ? underWay.outcome() : measure(machine, duration);
    }

    DirtyRateView view(String vmId) {
        State now = state;
        DirtyRate rate = now.rate;
        if (rate == null || !now.status.equals("measured")) {
            return new DirtyRateView(
                    vmId, now.status, now.startedAtEpochMs, now.calcTimeMs, 0, 0, 0, List.of(), now.detail);
        }
        List<Long> vcpus = rate.vcpuBytesPerSecond().stream().map(Math::round).toList();
        return new DirtyRateView(
                vmId,
                now.status,
                now.startedAtEpochMs,
                now.calcTimeMs,
                Math.round(rate.bytesPerSecond()),
                Math.round(rate.curve().bytesPerSecond()),
                bytesOrUnknown(rate.curve().workingSetBytes()),
                vcpus,
                vcpus.isEmpty() ? NO_VCPUS : "");
    }

    private static long bytesOrUnknown(double bytes) {
        return Double.isInfinite(bytes) ? -1 : Math.round(bytes);
    }
}
