package io.godwit.control.ledger;

import static io.godwit.control.ledger.Samples.NORTH;
import static io.godwit.control.ledger.Samples.OTHER_VM;
import static io.godwit.control.ledger.Samples.SOUTH;
import static io.godwit.control.ledger.Samples.VM;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.ledger.HostMaintenance.Move;
import io.godwit.control.ledger.HostMaintenance.State;
import java.util.List;
import org.junit.jupiter.api.Test;

class LedgerMaintenanceTest {
    private final LedgerState state = Samples.withVm();
    private int requests;

    private String refusal(LedgerCommand command) {
        LedgerAnswer answer = state.apply(command);
        return answer instanceof LedgerAnswer.Refused refused ? refused.reason() : "";
    }

    private String begin(String host, String operation, boolean restore) {
        return refusal(new LedgerCommand.BeginMaintenance("m" + requests++, host, operation, restore, 2));
    }

    private String note(String operation, String target) {
        return refusal(new LedgerCommand.NoteMove("m" + requests++, "south", operation, VM, target));
    }

    private String end(String operation, boolean completed) {
        return refusal(new LedgerCommand.EndMaintenance("m" + requests++, "south", operation, completed));
    }

    private String desire(DesiredState desired) {
        return refusal(new LedgerCommand.SetDesired("m" + requests++, VM, SOUTH, 1, desired));
    }

    private State south() {
        return state.maintenance().stream()
                .filter(host -> host.hostId().equals("south"))
                .findFirst()
                .orElse(HostMaintenance.none("south"))
                .state();
    }

    @Test
    void shouldGoThroughItsStatesAndForgetAHostThatWasRestored() {
        desire(DesiredState.RUNNING);
        assertThat(begin("south", "d1", false)).isEmpty();
        assertThat(south()).isEqualTo(State.DRAINING);
        assertThat(note("d1", "north")).isEmpty();
        state.apply(Samples.prepare("p", "m1"));
        state.apply(Samples.commit("c", "m1"));
        assertThat(end("d1", true)).isEmpty();
        assertThat(south()).isEqualTo(State.MAINTENANCE);
        assertThat(begin("south", "r1", true)).isEmpty();
        assertThat(south()).isEqualTo(State.RESTORING);
        assertThat(state.maintenance().get(0).moves()).containsExactly(new Move(VM, "north"));
        assertThat(end("r1", true)).isEmpty();
        assertThat(state.maintenance()).isEmpty();
    }

    @Test
    void shouldNotBeInMaintenanceWhileAVmRunsThereOrIsOnItsWayThere() {
        desire(DesiredState.RUNNING);
        begin("south", "d1", false);
        assertThat(end("d1", true)).isEqualTo("VM " + VM + " is RUNNING on host \"south\"");
        assertThat(south()).isEqualTo(State.DRAINING);

        state.apply(Samples.prepare("p", "m1"));
        begin("north", "d2", false);
        assertThat(refusal(new LedgerCommand.EndMaintenance("e", "north", "d2", true)))
                .isEqualTo("VM " + VM + " is on its way to host \"north\"");
    }

    @Test
    void shouldTakeAndStartNoVmWhileItIsEmptiedOrEmpty() {
        desire(DesiredState.STOPPED);
        begin("south", "d1", false);
        String draining = "host \"south\" is being drained and takes no VM";
        assertThat(refusal(Samples.create("x", OTHER_VM, "other"))).isEqualTo(draining);
        assertThat(desire(DesiredState.RUNNING)).isEqualTo(draining);
        assertThat(end("d1", true)).isEmpty();
        assertThat(desire(DesiredState.RUNNING)).isEqualTo("host \"south\" is in maintenance and takes no VM");

        LedgerState other = Samples.withVm();
        other.apply(new LedgerCommand.BeginMaintenance("b", "north", "d1", false, 1));
        assertThat(other.apply(Samples.prepare("p", "m1")))
                .extracting(answer -> ((LedgerAnswer.Refused) answer).reason())
                .isEqualTo("host \"north\" is being drained and takes no VM");
        other.apply(new LedgerCommand.SetGuarded("g", VM, SOUTH, 1, true));
        assertThat(other.apply(new LedgerCommand.Claim("c", VM, SOUTH, 1, null, NORTH)))
                .isInstanceOf(LedgerAnswer.Refused.class);
    }

    @Test
    void shouldKeepARunningVmUnderItsOwnersHandWhileItIsDrained() {
        desire(DesiredState.RUNNING);
        begin("south", "d1", false);
        assertThat(desire(DesiredState.PAUSED)).isEmpty();
        assertThat(desire(DesiredState.RUNNING)).isEmpty();
        assertThat(desire(DesiredState.STOPPED)).isEmpty();
    }

    @Test
    void shouldTakeVmsBackWhileItIsRestored() {
        desire(DesiredState.RUNNING);
        begin("south", "d1", false);
        note("d1", "north");
        state.apply(Samples.prepare("p", "m1"));
        state.apply(Samples.commit("c", "m1"));
        end("d1", true);
        begin("south", "r1", true);
        assertThat(state.apply(new LedgerCommand.Prepare("p2", VM, "m2", 2, NORTH, SOUTH)))
                .isInstanceOf(LedgerAnswer.Applied.class);
    }

    @Test
    void shouldBeActiveAfterAnAbortAndRememberWhatWasMoved() {
        desire(DesiredState.RUNNING);
        begin("south", "d1", false);
        note("d1", "north");
        assertThat(end("d1", false)).isEmpty();
        assertThat(south()).isEqualTo(State.ACTIVE);
        assertThat(note("d1", "north")).isEqualTo("operation d1 is not under way: host \"south\" is ACTIVE");
        assertThat(begin("south", "r1", true)).isEmpty();
        assertThat(end("r1", false)).isEmpty();
        assertThat(begin("south", "d2", false)).isEmpty();
        assertThat(state.maintenance().get(0).moves()).containsExactly(new Move(VM, "north"));
    }

    @Test
    void shouldRefuseWhatDoesNotFitTheState() {
        assertThat(begin("south", "r1", true))
                .isEqualTo("host \"south\" is active, and no drain moved VMs away from it");
        begin("south", "d1", false);
        assertThat(begin("south", "d2", false)).isEqualTo("host \"south\" is being drained already, by d1");
        assertThat(begin("south", "r1", true)).isEqualTo("host \"south\" is being drained, by d1; cancel that first");
        assertThat(end("d2", true)).isEqualTo("operation d2 is not under way: host \"south\" is DRAINING");
        end("d1", true);
        assertThat(begin("south", "d3", false)).isEqualTo("host \"south\" is in maintenance already");
        assertThat(end("d1", true)).isEqualTo("operation d1 is not under way: host \"south\" is MAINTENANCE");
        begin("south", "r1", true);
        assertThat(begin("south", "d4", false))
                .isEqualTo("host \"south\" takes its VMs back, by r1; cancel that first");
    }

    @Test
    void shouldRefuseWhatIsOutOfRange() {
        assertThat(refusal(new LedgerCommand.BeginMaintenance("a", "south", "d1", false, 0)))
                .isEqualTo("concurrency 0 is not accepted; expected 1 to 64");
        assertThat(refusal(new LedgerCommand.BeginMaintenance("b", "", "d1", false, 1)))
                .startsWith("host \"\" is not accepted");
        assertThat(refusal(new LedgerCommand.BeginMaintenance("c", "south", "x".repeat(65), false, 1)))
                .startsWith("operationId");
        assertThat(refusal(new LedgerCommand.NoteMove("d", "south", "d1", "short", "north")))
                .startsWith("vmId \"short\" is not accepted");
        assertThat(state.maintenance()).isEmpty();
    }

    @Test
    void shouldComeBackFromASnapshotAsItWas() {
        begin("south", "d1", false);
        note("d1", "north");
        LedgerState restored = LedgerState.restore(state.snapshot());
        assertThat(restored.maintenance()).isEqualTo(state.maintenance());
        assertThat(restored.snapshot()).isEqualTo(state.snapshot());
        assertThat(List.of(restored.maintenance().get(0).state())).containsExactly(State.DRAINING);
    }
}
