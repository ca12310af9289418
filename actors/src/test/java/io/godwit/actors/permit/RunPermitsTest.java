package io.godwit.actors.permit;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitAction;
import io.godwit.control.permit.PermitHolder.Role;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.permit.Renewal;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** A clock that the test moves, a ledger and machines that it plays. */
class RunPermitsTest {
    private static final String VM = "0123456789abcdefghjkmnpqrs";
    private static final HostIdentity SELF = new HostIdentity("a", "a1");
    private static final HostIdentity OTHER = new HostIdentity("b", "b1");
    private static final long PERMIT_MS = PermitTimes.DEFAULT.permitMs();

    private final Map<String, Machine> machines = new HashMap<>();
    private final List<PermitAction> asked = new ArrayList<>();
    private long nowMs = 100_000;
    private final RunPermits permits =
            new RunPermits(SELF, PermitTimes.DEFAULT, id -> Optional.ofNullable(machines.get(id)), () -> nowMs);

    RunPermitsTest() {
        permits.onAction(asked::add);
    }

    @Test
    void shouldTellAMachineWhenItsPermitComesIsRenewedAndRunsOut() {
        Machine machine = machine();
        renew();
        permits.hold(VM, 1, Role.OWNER, true, permits.period());
        assertThat(machine.untilMs).hasValue(nowMs + PERMIT_MS);

        nowMs += 1_000;
        renew();
        assertThat(machine.untilMs).hasValue(nowMs + PERMIT_MS);

        nowMs += PERMIT_MS;
        permits.tick();
        assertThat(machine.untilMs).isEmpty();
    }

    @Test
    void shouldSayNoFromTheInstantOnAtWhichThePermitEndsThoughNobodyLetTimePass() {
        machine();
        renew();
        permits.hold(VM, 1, Role.OWNER, true, permits.period());
        nowMs += PERMIT_MS - 1;
        assertThat(permits.untilMs(VM)).isPresent();

        nowMs++;

        assertThat(permits.untilMs(VM)).isEmpty();
        assertThat(permits.permitEndsMs()).isEmpty();
        assertThat(permits.period()).isEqualTo(RunPermits.NEVER);
    }

    @Test
    void shouldStopAMachineThatComesToNeedAPermitItHasNoEvidenceFor() {
        Machine machine = machine();
        renew();
        permits.hold(VM, 1, Role.OWNER, false, RunPermits.NEVER);
        assertThat(machine.untilMs).isPresent();

        permits.hold(VM, 1, Role.OWNER, true, RunPermits.NEVER);

        assertThat(machine.untilMs).isEmpty();
        PermitAction.Read read = asked(PermitAction.Read.class);
        permits.read(VM, read.period(), Optional.of(record(SELF, 1)));
        assertThat(machine.untilMs).isPresent();
    }

    @Test
    void shouldForfeitTheMachineBeforeAnybodySeesTheVmHeldAnew() {
        Machine machine = machine();
        renew();
        permits.hold(VM, 1, Role.OWNER, true, permits.period());

        permits.hold(VM, 3, Role.OWNER, true, permits.period());

        assertThat(machine.forfeitedAtFirst)
                .as("before it was told that the VM may run")
                .isTrue();
        assertThat(asked(PermitAction.GiveUp.class).vmId()).isEqualTo(VM);
        assertThat(permits.isOwned(VM, 3)).isTrue();
    }

    @Test
    void shouldForfeitAMachineWhoseVmTheLedgerGivesToAnother() {
        Machine machine = machine();
        renew();
        permits.hold(VM, 1, Role.OWNER, true, permits.period());
        nowMs += PERMIT_MS;
        renew();
        PermitAction.Read read = asked(PermitAction.Read.class);

        permits.read(VM, read.period(), Optional.of(record(OTHER, 2)));

        assertThat(machine.forfeited).isTrue();
        assertThat(permits.isHeld(VM)).isFalse();
        assertThat(asked(PermitAction.GiveUp.class).reason()).contains("\"b\"").contains("epoch 2");
    }

    @Test
    void shouldGoOnCountingWhenOtherActorsAskForIt() {
        renew();
        Renewal before = asked(PermitAction.SendRenewal.class).renewal();
        List<PermitAction> later = new ArrayList<>();

        permits.onAction(later::add);
        nowMs += 1_000;
        permits.tick();

        PermitAction.SendRenewal next = (PermitAction.SendRenewal) later.get(0);
        assertThat(next.renewal().nonce()).isGreaterThan(before.nonce());
        permits.granted(new Grant(SELF, next.renewal().nonce()));
        assertThat(permits.permitEndsMs()).hasValue(nowMs + PERMIT_MS);
    }

    private void renew() {
        permits.tick();
        permits.granted(
                new Grant(SELF, asked(PermitAction.SendRenewal.class).renewal().nonce()));
    }

    /** The last of that kind. */
    private <T extends PermitAction> T asked(Class<T> kind) {
        return asked.stream()
                .filter(kind::isInstance)
                .map(kind::cast)
                .reduce((first, second) -> second)
                .orElseThrow();
    }

    private Machine machine() {
        Machine machine = new Machine();
        machines.put(VM, machine);
        return machine;
    }

    private static VmRecord record(HostIdentity owner, long epoch) {
        VmSpec spec = new VmSpec("db", 64 << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new VmRecord(VM, spec, owner, epoch, DesiredState.RUNNING, null, null);
    }

    /** Asks each time it is told to. */
    private final class Machine implements RunPermits.Runner {
        private OptionalLong untilMs = OptionalLong.empty();
        private boolean forfeited;
        private boolean forfeitedAtFirst;
        private boolean heldAnew;

        @Override
        public void permitChanged() {
            untilMs = permits.untilMs(VM);
            if (permits.isOwned(VM, 3) && !heldAnew) {
                heldAnew = true;
                forfeitedAtFirst = forfeited;
            }
        }

        @Override
        public void forfeit() {
            forfeited = true;
        }
    }
}
