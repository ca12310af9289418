package io.godwit.control.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class RestorationTest {
    private static final LedgerSnapshot BACKUP = backup();

    @Test
    void shouldTakeDefinitionsOwnersAndDesiredStatesFromTheBackup() {
        LedgerSnapshot after = Restoration.of(named("east"), BACKUP, "east");

        assertThat(after.vms()).isEqualTo(BACKUP.vms());
        assertThat(after.retiredIds()).isEqualTo(BACKUP.retiredIds());
        assertThat(LedgerState.restore(after).find(Samples.VM))
                .contains(BACKUP.vms().get(0));
    }

    @Test
    void shouldLeaveTheVmsOfOtherHostsToTheirHosts() {
        assertThat(Restoration.of(named("east"), BACKUP, "east").failover().keeping())
                .containsExactly("south");
        assertThat(Restoration.of(named("south"), BACKUP, "south").failover().keeping())
                .isEmpty();
    }

    @Test
    void shouldGiveTheNamesInTheBackupBack() {
        LedgerSnapshot after = Restoration.of(named("east"), BACKUP, "east");

        assertThat(after.names()).containsExactly(new LedgerSnapshot.HostName("east", "state-of-east"));
        LedgerState state = LedgerState.restore(after);
        assertThat(state.apply(new LedgerCommand.NameHost("r", "south", "another-directory")))
                .isInstanceOf(LedgerAnswer.Applied.class);
    }

    @Test
    void shouldTakeOnlyAnEmptyLedger() {
        assertThat(Restoration.objections(named("east"), "east")).isEmpty();
        assertThat(Restoration.objections(new LedgerState().snapshot(), "east")).isEmpty();
        assertThat(Restoration.objections(named("north"), "east"))
                .containsExactly("it knows other hosts than east: north");
        assertThat(Restoration.objections(BACKUP, "east"))
                .containsExactly("it has VMs (1): probe", "it knows other hosts than east: south");
    }

    private static LedgerSnapshot named(String host) {
        LedgerState state = new LedgerState();
        state.apply(new LedgerCommand.NameHost("name", host, "state-of-" + host));
        return state.snapshot();
    }

    private static LedgerSnapshot backup() {
        LedgerState state = Samples.withVm();
        state.apply(new LedgerCommand.NameHost("name", "south", "state-of-south"));
        return state.snapshot();
    }
}
