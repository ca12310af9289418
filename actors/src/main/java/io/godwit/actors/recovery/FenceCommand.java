package io.godwit.actors.recovery;

import io.godwit.config.NodeConfig.Fencing;
import io.godwit.control.ledger.HostIdentity;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A fence that is an operator's command. It is told what to fence by its environment: {@code GODWIT_FENCE_HOST},
 * {@code GODWIT_FENCE_INCARNATION} and {@code GODWIT_CLUSTER}. Exit status 0 says that the host is off, or cannot reach the
 * disks; anything else, and no exit in time, that it may still write. Output goes into the reason, a little of it.
 */
public final class FenceCommand implements Fencer {
    private static final Logger LOG = LoggerFactory.getLogger(FenceCommand.class);
    private static final int MAX_SAID = 200;
    private static final long OUTPUT_GRACE_MS = 1_000;

    /** A thread for each attempt: they are few, and one that hangs must not hold up the next host's. */
    private static final Executor THREADS = task -> daemon("godwit-fence", task);

    private final String cluster;
    private final Fencing fencing;

    public FenceCommand(String cluster, Fencing fencing) {
        this.cluster = cluster;
        this.fencing = fencing;
    }

    private static void daemon(String name, Runnable task) {
        Thread thread = new Thread(task, name);
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public CompletionStage<Optional<String>> fence(HostIdentity host) {
        return CompletableFuture.supplyAsync(() -> run(host), THREADS);
    }

    private Optional<String> run(HostIdentity host) {
        List<String> command = fencing.command();
        Process process;
        try {
            process = start(host, command);
        } catch (IOException e) {
            return Optional.of(command.get(0) + " cannot be run: " + e.getMessage());
        }
        CompletableFuture<String> said = said(process.getInputStream());
        try {
            if (!process.waitFor(fencing.timeoutMs(), TimeUnit.MILLISECONDS)) {
                return Optional.of(
                        command.get(0) + " did not end within " + fencing.timeoutMs() + " ms and was killed");
            }
            int status = process.exitValue();
            LOG.info("fence of host {} (incarnation {}): exit status {}", host.hostId(), host.incarnation(), status);
            return status == 0
                    ? Optional.empty()
                    : Optional.of(command.get(0) + " ended with exit status " + status + quoted(said));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return Optional.of(command.get(0) + " was interrupted");
        } finally {
            kill(process);
        }
    }

    private Process start(HostIdentity host, List<String> command) throws IOException {
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectInput(new File("/dev/null"));
        builder.environment().put("GODWIT_CLUSTER", cluster);
        builder.environment().put("GODWIT_FENCE_HOST", host.hostId());
        builder.environment().put("GODWIT_FENCE_INCARNATION", host.incarnation());
        return builder.start();
    }

    /** A command that hangs may have children that hold its output open. */
    private static void kill(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** Reads to the end, whatever it is, so that the command is not stopped by a full pipe; keeps the beginning. */
    private static CompletableFuture<String> said(InputStream output) {
        CompletableFuture<String> said = new CompletableFuture<>();
        daemon("godwit-fence-output", () -> {
            byte[] kept = {};
            try (output) {
                kept = output.readNBytes(MAX_SAID);
                output.transferTo(OutputStream.nullOutputStream());
            } catch (IOException closed) {
                LOG.debug("the output of a fence broke off", closed);
            }
            said.complete(printable(kept));
        });
        return said;
    }

    private static String printable(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8)
                .replaceAll("[\\p{Cntrl}\\ufffd]+", " ")
                .strip();
    }

    private static String quoted(CompletableFuture<String> said) {
        String text = said.completeOnTimeout("", OUTPUT_GRACE_MS, TimeUnit.MILLISECONDS)
                .join();
        return text.isEmpty() ? "" : ": \"" + text + "\"";
    }
}
