package io.godwit.transport;

/**
 * One round as the target saw it, in all lanes; their counts were compared with the sender's.
 *
 * @param round the sender's number of the round
 * @param total what the lanes had carried up to their ends of this round
 */
public record RoundReceived(int round, StreamCounts total) {}
