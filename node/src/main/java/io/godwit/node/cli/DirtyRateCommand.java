package io.godwit.node.cli;

import io.godwit.config.InvalidValueException;
import io.godwit.config.Units;
import io.godwit.node.api.DirtyRateInfo;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Collectors;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit vm dirty-rate}: measures, waits for the outcome and prints it. */
@Command(name = "dirty-rate", description = "how much memory a VM dirties, which says how it would migrate")
final class DirtyRateCommand implements Callable<Integer> {
    private static final long POLL_MS = 100;
    private static final long PATIENCE_MS = 30_000;

    @Mixin
    private Session session = new Session();

    @Parameters(paramLabel = "VM", description = "name or id")
    private String vm = "";

    @Option(names = "--for", paramLabel = "DURATION", description = "how long to watch, 100ms to 60s; default 1s")
    private String duration = "1s";

    @Override
    public Integer call() {
        long durationMs;
        try {
            durationMs = Units.parseDurationMs("--for", duration);
        } catch (InvalidValueException refused) {
            throw session.usage(String.valueOf(refused.getMessage()));
        }
        String path = "/v1/vms/" + ApiClient.segment(vm) + "/dirty-rate";
        session.api().post(path, Map.of("durationMs", durationMs));
        long deadlineNs = System.nanoTime() + (durationMs + PATIENCE_MS) * 1_000_000;
        while (System.nanoTime() < deadlineNs) {
            byte[] answer = session.api().get(path);
            DirtyRateInfo rate = session.api().read(answer, DirtyRateInfo.class);
            if (!rate.status().equals("measuring")) {
                session.print(answer, () -> describe(rate));
                return rate.status().equals("measured") ? ExitCodes.OK : ExitCodes.REFUSED;
            }
            pause();
        }
        throw ApiException.unexpected("the measurement did not end");
    }

    private static void pause() {
        try {
            Thread.sleep(POLL_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ApiException.unexpected("interrupted; the measurement goes on");
        }
    }

    private static String describe(DirtyRateInfo rate) {
        if (!rate.status().equals("measured")) {
            return rate.detail() + "%n".formatted();
        }
        StringBuilder text = new StringBuilder();
        VmCommands.line(text, "dirtied", perSecond(rate.bytesPerSecond()));
        VmCommands.line(text, "written at first", perSecond(rate.writtenBytesPerSecond()));
        VmCommands.line(
                text,
                "working set",
                rate.workingSetBytes() < 0
                        ? "larger than was seen"
                        : Units.formatApproximateSize(rate.workingSetBytes()));
        VmCommands.line(
                text,
                "by vCPU",
                rate.vcpuBytesPerSecond().isEmpty()
                        ? rate.detail()
                        : rate.vcpuBytesPerSecond().stream()
                                .map(DirtyRateCommand::perSecond)
                                .collect(Collectors.joining(", ")));
        return text.toString();
    }

    private static String perSecond(long bytes) {
        return Units.formatApproximateSize(bytes) + "/s";
    }
}
