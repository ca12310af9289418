package io.godwit.migration.convergence;

/**
 * What a migration is expected to be like.
 *
 * @param converges whether the rest comes to fit, or is sent because that was asked for
 * @param reason why it does not converge, or what ends it; empty when it simply fits
 * @param rounds harvests and their sending, the last one included
 * @param totalMs from the request to the target running; where it does not converge, until that shows
 * @param downtimeMs that the machine stands still; where it does not converge, what it would be then
 * @param transferredBytes of pages, without headers
 * @param throttlePercent the most that vCPUs are held back
 */
public record Plan(
        boolean converges,
        String reason,
        int rounds,
        long totalMs,
        long downtimeMs,
        long transferredBytes,
        int throttlePercent) {}
