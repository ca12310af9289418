package io.godwit.actors.vm;

import io.godwit.actors.serialization.Wire;
import java.util.List;

/**
 * A VM's dirty rate, as far as it is known.
 *
 * @param status in QEMU's words: {@code unstarted}, {@code measuring}, {@code measured}
 * @param startedAtEpochMs of the measurement, 0 before the first
 * @param calcTimeMs how long it watches
 * @param bytesPerSecond distinct pages dirtied in that time
 * @param writtenBytesPerSecond at first, before pages repeat: more than the above where the working set is small
 * @param workingSetBytes of pages written again and again; -1 where it is larger than the time could show
 * @param vcpuBytesPerSecond by vCPU; empty where the log does not tell them apart
 * @param detail why there is no figure, or none per vCPU; else empty
 */
public record DirtyRateView(
        String vmId,
        String status,
        long startedAtEpochMs,
        long calcTimeMs,
        long bytesPerSecond,
        long writtenBytesPerSecond,
        long workingSetBytes,
        List<Long> vcpuBytesPerSecond,
        String detail)
        implements Wire {}
