package io.godwit.kvm.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HugePageBudgetTest {
    private static final long MIB = 1L << 20;

    private final HugePageBudget budget = new HugePageBudget();

    @Test
    void shouldGoOnForAsLongAsHugePagesAreAtHand() {
        for (int i = 0; i < 512; i++) {
            assertThat(budget.isProven()).isEqualTo(i >= 4);
            budget.spend(2 * MIB, 200_000);
        }
        assertThat(budget.isExceeded()).isFalse();
        assertThat(budget).hasToString("102.4 ms for 1024 MiB");
    }

    @Test
    void shouldEndWithTheFirstThatTheHostBelowHadToGiveBack() {
        budget.spend(2 * MIB, 5_400_000);
        assertThat(budget.isExceeded()).isTrue();
    }

    @Test
    void shouldForgiveOneInterruptAmongTheFirst() {
        budget.spend(2 * MIB, 1_700_000);
        assertThat(budget.isExceeded()).isFalse();
    }

    @Test
    void shouldEndWhereTheyBecomeRareLater() {
        for (int i = 0; i < 16; i++) {
            budget.spend(16 * MIB, 1_600_000);
        }
        for (int i = 0; i < 3; i++) {
            assertThat(budget.isExceeded()).as("after %d", i).isFalse();
            budget.spend(16 * MIB, 43_000_000);
        }
        assertThat(budget.isExceeded()).isTrue();
    }
}
