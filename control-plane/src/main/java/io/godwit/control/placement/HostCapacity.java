package io.godwit.control.placement;

/** What a host has left for guests. */
public record HostCapacity(String hostId, long freeMemoryBytes) {}
