package io.godwit.control.maintenance;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Drains, aborts and restores under losses, in seeded interleavings over the ledger's real state machine. */
class MaintenanceSimulationTest {
    private static final int SEEDS = 3_000;

    @Test
    void shouldKeepItsPromisesInEveryInterleaving() {
        int aborts = 0;
        int restarts = 0;
        int maintenances = 0;
        int restored = 0;
        for (long seed = 1; seed <= SEEDS; seed++) {
            DrainedCluster cluster = new DrainedCluster(seed);
            cluster.run();
            aborts += cluster.aborts;
            restarts += cluster.restarts;
            maintenances += cluster.maintenances;
            restored += cluster.restored;
        }
        assertThat(aborts).as("aborts").isGreaterThan(SEEDS / 10);
        assertThat(restarts).as("restarts").isGreaterThan(SEEDS / 10);
        assertThat(maintenances).as("times in maintenance").isGreaterThan(SEEDS / 10);
        assertThat(restored).as("VMs that came back").isGreaterThan(SEEDS / 10);
    }

    @Test
    void shouldAbortAtEveryStep() {
        for (long seed = 1; seed <= 50; seed++) {
            for (int step = 0; step < 60; step++) {
                new DrainedCluster(seed).abortAt(step);
            }
        }
    }
}
