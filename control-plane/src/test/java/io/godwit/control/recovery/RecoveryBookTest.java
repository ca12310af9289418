package io.godwit.control.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand.Claim;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.Recovery.State;
import io.godwit.control.recovery.RecoveryStep.Fence;
import io.godwit.control.recovery.RecoveryStep.OfferCommit;
import io.godwit.control.recovery.RecoveryStep.Start;
import io.godwit.control.recovery.RecoveryStep.Wait;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RecoveryBookTest {
    private static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    private static final HostIdentity NORTH = new HostIdentity("north", "n1");
    private static final String VM = "a".repeat(26);

    private final FenceBook fences = new FenceBook(1);
    private final RecoveryBook book = new RecoveryBook(fences);

    @Test
    void shouldFollowAVmFromItsSilentHostUntilItRunsElsewhere() {
        assertThat(plan(1, SOUTH, 3, new Wait(VM, "its turn"))).singleElement().satisfies(one -> {
            assertThat(one.id()).isEqualTo(VM + "-3");
            assertThat(one.state()).isEqualTo(State.WAITING);
            assertThat(one.reason()).isEqualTo("its turn");
        });
        assertThat(plan(2, SOUTH, 3, new Wait(VM, "its turn")))
                .as("nothing new")
                .isEmpty();
        assertThat(book.starting(2)).isEmpty();

        assertThat(plan(3, SOUTH, 3, start(3))).singleElement().satisfies(one -> {
            assertThat(one.state()).isEqualTo(State.CLAIMING);
            assertThat(one.to()).isEqualTo("north");
            assertThat(one.beganAtMs()).isEqualTo(1);
        });
        assertThat(book.starting(4)).containsExactly(VM);
        assertThat(book.claimed(VM, 5).orElseThrow().state()).isEqualTo(State.STARTING);
        assertThat(plan(6, NORTH, 4)).isEmpty();
        assertThat(book.told(VM, false, "reads its kernel", 7).orElseThrow().reason())
                .isEqualTo("reads its kernel");
        assertThat(book.told(VM, true, "", 8).orElseThrow().state()).isEqualTo(State.COMPLETED);

        assertThat(book.isIdle()).isTrue();
        assertThat(book.list())
                .singleElement()
                .satisfies(one -> assertThat(one.changedAtMs()).isEqualTo(8));
    }

    @Test
    void shouldSayWhyAClaimWasRefusedAndPlanAgain() {
        plan(1, SOUTH, 3, start(3));

        assertThat(book.refused(VM, "host \"south\" may hold a permit for 900 ms more", 2)
                        .orElseThrow()
                        .state())
                .isEqualTo(State.WAITING);

        assertThat(book.starting(2)).isEmpty();
        assertThat(plan(3, SOUTH, 3, start(3)))
                .singleElement()
                .satisfies(one -> assertThat(one.state()).isEqualTo(State.CLAIMING));
    }

    @Test
    void shouldClaimAnewWhatHadNoAnswerInTime() {
        plan(1, SOUTH, 3, start(3));

        assertThat(book.starting(RecoveryBook.CLAIM_TIMEOUT_MS)).containsExactly(VM);
        assertThat(book.starting(1 + RecoveryBook.CLAIM_TIMEOUT_MS)).isEmpty();
    }

    @Test
    void shouldHoldUpNobodyWithAStartThatTakesLong() {
        plan(1, SOUTH, 3, start(3));
        book.claimed(VM, 2);
        book.told(VM, false, "waits for its permit", 50_000);

        assertThat(book.starting(2 + RecoveryBook.START_TIMEOUT_MS)).isEmpty();
        assertThat(plan(3 + RecoveryBook.START_TIMEOUT_MS, NORTH, 4)).isEmpty();
        assertThat(book.told(VM, true, "", 70_000).orElseThrow().state()).isEqualTo(State.COMPLETED);
    }

    @Test
    void shouldEndWhatIsNotNeededAnyMore() {
        plan(1, SOUTH, 3, new Wait(VM, "its turn"));

        assertThat(plan(2, SOUTH, 3)).singleElement().satisfies(one -> {
            assertThat(one.state()).isEqualTo(State.ENDED);
            assertThat(one.reason()).contains("host \"south\" has the VM");
        });
        assertThat(book.isIdle()).isTrue();
    }

    @Test
    void shouldTakeAVmUpAnewWhoseNextHostIsSilentToo() {
        plan(1, SOUTH, 3, start(3));
        book.claimed(VM, 2);

        List<Recovery> changed = plan(3, NORTH, 4, new Wait(VM, "its turn"));

        assertThat(changed).extracting(Recovery::id).containsExactly(VM + "-3", VM + "-4");
        assertThat(changed).extracting(Recovery::state).containsExactly(State.ENDED, State.WAITING);
    }

    @Test
    void shouldTellWhatAFenceSaysAndThatATargetDecides() {
        fences.begin(SOUTH, 1);
        fences.ended(SOUTH, Optional.of("exit status 7"), 2);

        assertThat(plan(3, SOUTH, 3, new Fence(VM, SOUTH, "san")))
                .singleElement()
                .satisfies(one -> {
                    assertThat(one.state()).isEqualTo(State.FENCING);
                    assertThat(one.reason()).contains("\"south\"", "san", "exit status 7");
                });
        assertThat(plan(4, SOUTH, 3, new OfferCommit(VM, "m1", NORTH)))
                .singleElement()
                .satisfies(one -> {
                    assertThat(one.state()).isEqualTo(State.OFFERED);
                    assertThat(one.reason()).contains("m1", "\"north\"");
                });
    }

    @Test
    void shouldKeepOnlySoManyThatAreOver() {
        for (int epoch = 0; epoch < 2 * RecoveryBook.MAX_OVER; epoch++) {
            plan(epoch, SOUTH, epoch, new Wait(VM, "its turn"));
            plan(epoch, SOUTH, epoch);
        }
        assertThat(book.list()).hasSize(RecoveryBook.MAX_OVER);
        assertThat(book.list().get(0).id()).isEqualTo(VM + "-" + (2 * RecoveryBook.MAX_OVER - 1));
    }

    private List<Recovery> plan(long nowMs, HostIdentity owner, long epoch, RecoveryStep... steps) {
        VmSpec spec = new VmSpec("probe", 64 << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        VmRecord vm = new VmRecord(VM, spec, owner, epoch, DesiredState.RUNNING, null, null);
        return book.planned(List.of(steps), Map.of(VM, vm), nowMs);
    }

    private static Start start(long epoch) {
        return new Start(new Claim("r1", VM, SOUTH, epoch, null, NORTH));
    }
}
