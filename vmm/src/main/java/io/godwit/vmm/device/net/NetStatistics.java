package io.godwit.vmm.device.net;

/** What went through an interface, as the guest sees directions. */
public record NetStatistics(long receivedPackets, long receivedBytes, long sentPackets, long sentBytes, long dropped) {}
