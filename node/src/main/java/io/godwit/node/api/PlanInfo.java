package io.godwit.node.api;

import java.util.List;

/**
 * What a migration would be like: the answer to a dry run. Nothing was begun or reserved.
 *
 * @param vm the VM's id
 * @param refusals every reason for which it would be refused now; empty where it could begin
 * @param converges whether it would end by itself, or as asked
 * @param reason why not, or what would end it; else empty
 * @param totalMs from the request to the VM running there; where it does not converge, until that shows
 * @param workingSetBytes of pages written again and again; -1 where it is larger than the measurement could show
 * @param bandwidthMeasured whether the bandwidth is what earlier migrations of the host showed, not an assumption
 */
public record PlanInfo(
        String vm,
        String vmName,
        String from,
        String to,
        List<String> refusals,
        boolean converges,
        String reason,
        int rounds,
        long totalMs,
        long downtimeMs,
        long transferredBytes,
        int throttlePercent,
        long dirtyBytesPerSecond,
        long workingSetBytes,
        long zeroBytes,
        long bandwidthBytesPerSecond,
        boolean bandwidthMeasured) {}
