package io.godwit.node.demo;

/**
 * One migration as the demo reports it: what the nodes say, and what the guest's own counter showed from outside.
 *
 * @param blackoutMs longest the guest's heartbeat can have stood still at the handover; -1 where it was not seen
 * @param longestSilenceMs the longest it stood still at any time of the migration: more than the blackout where the
 *     host had no CPU for the guest
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
        double longestSilenceMs,
        long transferredBytes,
        boolean verified) {}
