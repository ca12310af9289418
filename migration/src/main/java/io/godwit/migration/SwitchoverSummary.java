package io.godwit.migration;

import io.godwit.migration.convergence.Prediction;

/**
 * How the source's part of the blackout went.
 *
 * @param predicted when the pause was decided
 * @param pages sent while the machine stood still
 * @param stateBytes size of the machine's state
 * @param pauseMs from the request to pause to the machine standing still
 * @param saveMs saving the state and the last harvest
 * @param sendMs sending pages, state and end
 */
public record SwitchoverSummary(
        Prediction predicted, long pages, int stateBytes, double pauseMs, double saveMs, double sendMs) {
    @Override
    public String toString() {
        return "%.1f ms pausing, %.1f ms saving %d bytes of state, %.1f ms sending %d pages; predicted %s"
                .formatted(pauseMs, saveMs, stateBytes, sendMs, pages, predicted);
    }

    /** From the request to pause to the end frame's acceptance. */
    public double totalMs() {
        return pauseMs + saveMs + sendMs;
    }
}
