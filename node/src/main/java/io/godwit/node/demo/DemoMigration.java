package io.godwit.node.demo;

/**
 * One migration as the demo reports it: what the nodes say, and what the guest's own counter showed from outside.
 *
 * @param blackoutMs longest the guest's heartbeat can have stood still around the handover; -1 where it was not seen
 */
record DemoMigration(
        String from,
        String to,
        String status,
        String reason,
        int rounds,
        long totalMs,
        long downtimeMs,
        double blackoutMs,
        long transferredBytes,
        boolean verified) {}
