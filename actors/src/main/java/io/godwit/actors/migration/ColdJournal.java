package io.godwit.actors.migration;

import io.godwit.actors.cluster.NodeServices;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.switchover.MigrationStatus;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One side's account of a cold migration: written by its actor, read by any thread through {@link MigrationBook}, and told
 * to operators as events whenever the status changes.
 */
final class ColdJournal {
    private static final Logger LOG = LoggerFactory.getLogger(ColdJournal.class);

    private final NodeServices node;
    private final String migrationId;
    private final VmRecord vm;
    private final String to;
    private final boolean autoStart;
    private final String role;
    private final long totalBytes;
    private final long startedAtEpochMs = System.currentTimeMillis();

    private volatile MigrationStatus status = MigrationStatus.SETUP;
    private volatile String reason = "";
    private volatile LongSupplier doneBytes = () -> 0;
    private volatile long endedAtEpochMs;
    private volatile boolean encrypted;

    /** @param totalBytes of the disks that are copied */
    ColdJournal(
            NodeServices node,
            String migrationId,
            VmRecord vm,
            String to,
            boolean autoStart,
            String role,
            long totalBytes) {
        this.node = node;
        this.migrationId = migrationId;
        this.vm = vm;
        this.to = to;
        this.autoStart = autoStart;
        this.role = role;
        this.totalBytes = totalBytes;
        node.migrations().open(migrationId, this::view);
    }

    /** @param bytes what was copied so far; asked by any thread */
    void copying(LongSupplier bytes, boolean sealed) {
        doneBytes = bytes;
        encrypted = sealed;
        update(MigrationStatus.ACTIVE, "");
    }

    void update(MigrationStatus now, String why) {
        boolean changed = now != status;
        reason = why;
        status = now;
        if (now.ended()) {
            endedAtEpochMs = System.currentTimeMillis();
            long done = doneBytes.getAsLong();
            doneBytes = () -> done;
            node.migrations().close(view());
        }
        if (changed) {
            LOG.info(
                    "cold migration {} of VM {} to {}: {} {}",
                    migrationId,
                    vm.spec().name(),
                    to,
                    now.label(),
                    why);
            node.events()
                    .publish(node.events()
                            .ofMigration(
                                    "migration." + now.label(),
                                    vm.id(),
                                    migrationId,
                                    "mode",
                                    "cold",
                                    "to",
                                    to,
                                    "reason",
                                    why));
        }
    }

    /** The actor ends without having said how it went. */
    void abandon() {
        if (!status.ended()) {
            update(MigrationStatus.FAILED, "this side's actor ended; the ledger says whose the VM is");
        }
    }

    MigrationView view() {
        Map<String, String> parameters = new TreeMap<>(Map.of("mode", "cold", "auto-start", String.valueOf(autoStart)));
        long done = Math.min(totalBytes, doneBytes.getAsLong());
        long untilMs = endedAtEpochMs == 0 ? System.currentTimeMillis() : endedAtEpochMs;
        return MigrationView.withoutMemory(
                migrationId,
                vm,
                to,
                new TreeMap<>(parameters),
                role,
                status.label(),
                reason,
                startedAtEpochMs,
                Math.max(0, untilMs - startedAtEpochMs),
                new MigrationView.Copied(done, totalBytes, encrypted));
    }
}
