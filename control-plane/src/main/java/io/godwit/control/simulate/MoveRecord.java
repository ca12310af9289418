package io.godwit.control.simulate;

import io.godwit.control.balance.Cost;
import org.jspecify.annotations.Nullable;

/**
 * One VM's move, with what was expected of it and what it turned out to be.
 *
 * @param from null for a start
 * @param gain expected, of the move that it is part of
 * @param measuredGain by how much the imbalance is lower at its end than it were without it
 * @param outcome {@code completed}, or why not
 */
public record MoveRecord(
        String vm,
        @Nullable String from,
        String to,
        String reason,
        boolean required,
        double gain,
        Cost predicted,
        double measuredGain,
        long measuredMs,
        long startedAtMs,
        String outcome) {}
