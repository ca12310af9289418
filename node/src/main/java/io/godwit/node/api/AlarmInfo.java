package io.godwit.node.api;

/**
 * Something that a host noticed of itself.
 *
 * @param kind {@code jvm-pause}, {@code host-suspended}, {@code clock-step} or {@code ledger-sync}
 * @param at RFC 3339, UTC, by the host's clock
 * @param valueMs how long it was, or how far; negative for a clock that was set back
 * @param meaning what it means for the host and its VMs
 */
public record AlarmInfo(String host, String kind, String at, long valueMs, String meaning) {}
