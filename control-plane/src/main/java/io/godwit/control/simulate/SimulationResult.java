package io.godwit.control.simulate;

import java.util.List;

/**
 * What a simulation showed.
 *
 * @param timeline one line for each thing that happened, with its time
 * @param violations of invariants; empty as it should be
 * @param survivesOneHost at the end: whether the cluster can lose any one host
 * @param homeless VMs that ran nowhere at the end
 */
public record SimulationResult(
        List<String> timeline,
        List<MoveRecord> moves,
        List<String> violations,
        double imbalanceBefore,
        double imbalanceAfter,
        boolean survivesOneHost,
        List<String> homeless) {
    public SimulationResult {
        timeline = List.copyOf(timeline);
        moves = List.copyOf(moves);
        violations = List.copyOf(violations);
        homeless = List.copyOf(homeless);
    }
}
