package io.godwit.control.ledger;

import static io.godwit.control.ledger.Samples.NORTH;
import static io.godwit.control.ledger.Samples.OTHER_VM;
import static io.godwit.control.ledger.Samples.SOUTH;
import static io.godwit.control.ledger.Samples.VM;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.DeviceChange;
import io.godwit.config.VmSpec;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Devices that come and go, in the ledger. */
class DeviceLedgerTest {
    private static final VmSpec BARE = Samples.spec("probe");
    private static final VmSpec GROWN =
            DeviceChange.attach(BARE, Samples.disk("fast/a", false)).spec();

    private static LedgerCommand.ChangeDevices change(String requestId, VmSpec before, VmSpec after) {
        return new LedgerCommand.ChangeDevices(requestId, VM, SOUTH, 1, before, after);
    }

    private static void assertRefused(LedgerAnswer answer, String why) {
        assertThat(answer).isInstanceOf(LedgerAnswer.Refused.class);
        assertThat(((LedgerAnswer.Refused) answer).reason()).contains(why);
    }

    @Test
    void shouldRecordADeviceOnceHoweverOftenItIsAsked() {
        LedgerState state = Samples.withVm();

        LedgerAnswer first = state.apply(change("r", BARE, GROWN));

        assertThat(((LedgerAnswer.Applied) first).vm().spec()).isEqualTo(GROWN);
        assertThat(state.apply(change("r", BARE, GROWN))).isEqualTo(first);
        assertRefused(state.apply(change("late", BARE, GROWN)), "is another than the change expects");
        assertThat(state.find(VM).orElseThrow().spec()).isEqualTo(GROWN);
    }

    @Test
    void shouldRefuseWhatIsNotTheOwnersOrBelongsToAMigration() {
        LedgerState state = Samples.withVm();
        assertRefused(state.apply(new LedgerCommand.ChangeDevices("a", VM, NORTH, 1, BARE, GROWN)), "expected owner");
        assertRefused(state.apply(new LedgerCommand.ChangeDevices("b", VM, SOUTH, 2, BARE, GROWN)), "at epoch 2");
        state.apply(Samples.prepare("p", "m1"));
        assertRefused(state.apply(change("c", BARE, GROWN)), "belongs to migration \"m1\"");
        state.apply(Samples.abort("x", "m1"));
        assertThat(state.apply(change("d", BARE, GROWN))).isInstanceOf(LedgerAnswer.Applied.class);
    }

    @Test
    void shouldRefuseWhatAnotherVmHasAndGiveFreeWhatIsGone() {
        LedgerState state = Samples.withVm();
        state.apply(Samples.create("o", OTHER_VM, "other"));
        state.apply(change("mine", BARE, GROWN));
        VmSpec other = Samples.spec("other");
        VmSpec wanting =
                DeviceChange.attach(other, Samples.disk("fast/a", false)).spec();

        assertRefused(
                state.apply(new LedgerCommand.ChangeDevices("a", OTHER_VM, SOUTH, 1, other, wanting)),
                "volume fast/a is taken by VM \"probe\"");
        state.apply(change("gone", GROWN, BARE));
        assertThat(state.apply(new LedgerCommand.ChangeDevices("b", OTHER_VM, SOUTH, 1, other, wanting)))
                .isInstanceOf(LedgerAnswer.Applied.class);
        VmSpec nic = DeviceChange.attach(BARE, Samples.nic("02:00:00:00:00:09")).spec();
        state.apply(change("nic", BARE, nic));
        VmSpec clash =
                DeviceChange.attach(wanting, Samples.nic("02:00:00:00:00:09")).spec();
        assertRefused(
                state.apply(new LedgerCommand.ChangeDevices("c", OTHER_VM, SOUTH, 1, wanting, clash)),
                "MAC address 02:00:00:00:00:09 is taken");
    }

    @Test
    void shouldChangeNothingElseOfAVm() {
        LedgerState state = Samples.withVm();

        assertRefused(state.apply(change("r", BARE, Samples.spec("renamed"))), "more than its disks");
        assertThat(state.find(VM).orElseThrow().spec()).isEqualTo(BARE);
    }

    @Test
    void shouldKeepItInSnapshots() {
        LedgerState state = Samples.withVm();
        state.apply(change("r", BARE, GROWN));
        VmSpec apart = DeviceChange.attach(GROWN, Samples.disk("fast/b", false)).spec();
        VmSpec gap = DeviceChange.detach(apart, "disk/0").orElseThrow().spec();
        state.apply(change("s", GROWN, apart));
        state.apply(change("t", apart, gap));

        LedgerSnapshot read = LedgerCodec.decodeSnapshot(LedgerCodec.encode(state.snapshot()));

        assertThat(read).isEqualTo(state.snapshot());
        assertThat(read.vms().get(0).spec().diskIds()).containsExactly("disk/1");
        assertThat(LedgerState.restore(read).apply(change("t", apart, gap)))
                .as("a repetition gets the recorded answer")
                .isInstanceOf(LedgerAnswer.Applied.class);
    }

    @Test
    void shouldWriteSlotsOnlyWhereTheOrderOfDevicesDoesNotSayThem() {
        VmSpec apart = DeviceChange.attach(GROWN, Samples.disk("fast/b", false)).spec();
        VmSpec gap = DeviceChange.detach(apart, "disk/0").orElseThrow().spec();
        String text = new String(LedgerCodec.encode(change("r", GROWN, gap)), UTF_8);

        assertThat(text)
                .startsWith(
                        "{\"v\":4,\"body\":{\"type\":\"change-devices\",\"requestId\":\"r\",\"vmId\":\"" + VM + "\"")
                .containsOnlyOnce("\"slots\":{\"disk/1\":2}");
        assertThat(LedgerCodec.decodeCommand(text.getBytes(UTF_8))).isEqualTo(change("r", GROWN, gap));
        for (String damaged : List.of("{\"disk/1\":32}", "{\"disk/2\":2,\"disk/3\":3}", "{\"disk/1\":null}", "[]")) {
            assertThatThrownBy(() -> LedgerCodec.decodeCommand(
                            text.replace("{\"disk/1\":2}", damaged).getBytes(UTF_8)))
                    .isInstanceOf(LedgerFormatException.class);
        }
    }
}
