package io.godwit.actors.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.ledger.LeaderView.Leading;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand.EndBalanceMove;
import io.godwit.control.ledger.LedgerSnapshot;
import io.godwit.control.ledger.RebalancerMode;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** Moves whose migrations no host knows. */
class SettlementTest {
    private static final String VM = "0123456789abcdefghjkmnpqrs";
    private static final HostIdentity A = new HostIdentity("a", "1");
    private static final HostIdentity B = new HostIdentity("b", "1");
    private static final Inventory EMPTY = Inventory.of(List.of(), List.of(), List.of());

    private final Settlement settlement = new Settlement();

    private static Leading leading(VmRecord... vms) {
        BalanceMove move = new BalanceMove(
                "m1",
                VM,
                "db",
                "a",
                "b",
                3,
                false,
                "balance",
                0.5,
                1_200,
                1L << 30,
                0,
                BalanceMove.State.BEGUN,
                "",
                0,
                0);
        return new Leading(
                1,
                List.of(vms),
                Set.of(),
                Set.of(),
                Set.of(),
                Map.of(),
                new LedgerSnapshot.Rebalancer(RebalancerMode.ARMED, List.of(move)),
                Map.of(),
                List.of(A, B));
    }

    private static VmRecord db(HostIdentity owner, long epoch) {
        VmSpec spec = new VmSpec("db", 64 << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new VmRecord(VM, spec, owner, epoch, DesiredState.RUNNING, null, null);
    }

    private List<EndBalanceMove> ended(Leading leading, long nowMs) {
        return settlement.ended(leading, List.of(), EMPTY, nowMs);
    }

    @Test
    void shouldGiveUpAMoveOnlyAfterAWhile() {
        assertThat(ended(leading(db(A, 3)), 5_000)).isEmpty();
        assertThat(ended(leading(db(A, 3)), 4_999 + Settlement.LOST_MS)).isEmpty();

        assertThat(ended(leading(db(A, 3)), 5_000 + Settlement.LOST_MS))
                .singleElement()
                .satisfies(end -> {
                    assertThat(end.state()).isEqualTo(BalanceMove.State.FAILED);
                    assertThat(end.detail()).isEqualTo("no host knows its migration");
                });
    }

    @Test
    void shouldTakeTheLedgersWordForAMoveThatCompletedUnseen() {
        assertThat(ended(leading(db(B, 4)), 0)).as("its account may still come").isEmpty();

        assertThat(ended(leading(db(B, 4)), Settlement.LOST_MS)).singleElement().satisfies(end -> {
            assertThat(end.state()).isEqualTo(BalanceMove.State.COMPLETED);
            assertThat(end.measuredMs()).isZero();
        });
    }

    @Test
    void shouldEndAMoveOfAVmThatIsGoneAndTellItOnce() {
        assertThat(ended(leading(), 0))
                .singleElement()
                .satisfies(end -> assertThat(end.detail()).isEqualTo("the VM was deleted"));
        assertThat(ended(leading(), 0)).as("until the ledger has answered").isEmpty();

        settlement.answered("m1");

        assertThat(ended(leading(), 0)).as("it was not recorded").hasSize(1);
    }
}
