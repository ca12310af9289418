package io.godwit.vmm.boot;

/**
 * Where vCPU 0 begins: 32-bit protected mode, flat, paging off.
 *
 * @param entry for {@code eip}
 * @param startInfoAddress for {@code ebx}
 */
public record BootEntry(long entry, long startInfoAddress) {}
