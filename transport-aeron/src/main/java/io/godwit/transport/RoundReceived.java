package io.godwit.transport;

/**
 * One round as the target saw it; its counts were compared with the sender's.
 *
 * @param round the sender's number of the round
 * @param total what the lane has carried since the stream began
 */
public record RoundReceived(int round, StreamCounts total) {}
