package io.godwit.actors.migration;

import io.godwit.actors.serialization.Wire;
import java.util.ArrayList;
import java.util.List;

/**
 * What a migration would be like, and why it could not begin.
 *
 * @param refusals every reason for which it would be refused now; empty where it could begin
 * @param converges whether it would end by itself, or as asked
 * @param reason why not, or what would end it; empty where the rest simply comes to fit
 * @param rounds of pages, the last one included
 * @param totalMs from the request to the VM running there; where it does not converge, until that shows
 * @param downtimeMs of the pause; where it does not converge, what it would be then
 * @param transferredBytes of pages
 * @param throttlePercent the most that vCPUs would be held back
 * @param dirtyBytesPerSecond what the guest writes, as measured
 * @param workingSetBytes of pages written again and again; -1 where it is larger than the measurement could show
 * @param zeroBytes of RAM that travel as markers, estimated
 * @param bandwidthBytesPerSecond of pages, assumed of the link
 * @param bandwidthMeasured whether this host's earlier migrations showed that
 */
public record PlanView(
        String vmId,
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
        boolean bandwidthMeasured)
        implements Wire {
    /** The same, with more reasons why it would be refused. */
    public PlanView alsoRefused(List<String> reasons) {
        List<String> all = new ArrayList<>(refusals);
        all.addAll(reasons);
        return new PlanView(
                vmId,
                vmName,
                from,
                to,
                List.copyOf(all),
                converges,
                reason,
                rounds,
                totalMs,
                downtimeMs,
                transferredBytes,
                throttlePercent,
                dirtyBytesPerSecond,
                workingSetBytes,
                zeroBytes,
                bandwidthBytesPerSecond,
                bandwidthMeasured);
    }
}
