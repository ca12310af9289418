package io.godwit.node.api;

import java.util.List;

/**
 * What a VM dirties, as far as it was measured.
 *
 * @param status {@code unstarted}, {@code measuring} or {@code measured}
 * @param startedAt RFC 3339, UTC; empty before the first measurement
 * @param durationMs how long it watches
 * @param bytesPerSecond distinct pages dirtied in that time
 * @param writtenBytesPerSecond before pages repeat
 * @param workingSetBytes of pages written again and again; -1 where it is larger than the time could show
 * @param vcpuBytesPerSecond by vCPU; empty where the dirty log does not tell them apart
 * @param detail why there is no figure, or none for each vCPU; else empty
 */
public record DirtyRateInfo(
        String vm,
        String status,
        String startedAt,
        long durationMs,
        long bytesPerSecond,
        long writtenBytesPerSecond,
        long workingSetBytes,
        List<Long> vcpuBytesPerSecond,
        String detail) {
    public DirtyRateInfo {
        vcpuBytesPerSecond = List.copyOf(vcpuBytesPerSecond);
    }
}
