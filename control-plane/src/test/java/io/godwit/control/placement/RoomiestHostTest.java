package io.godwit.control.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.RoomiestHost.Candidate;
import io.godwit.control.recovery.HostChooser.Choice;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class RoomiestHostTest {
    private static final long MIB = 1L << 20;
    private static final HostIdentity A = new HostIdentity("a", "a1");
    private static final HostIdentity B = new HostIdentity("b", "b1");
    private static final HostIdentity C = new HostIdentity("c", "c1");

    /** On host a, with 64 MiB. */
    private static VmRecord vm(String name, DiskSpec... disks) {
        VmSpec spec = new VmSpec(
                name,
                64 * MIB,
                1,
                "/k",
                "",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>(),
                List.of(disks),
                List.of(),
                new TreeSet<>());
        return new VmRecord(name, spec, A, 1, DesiredState.RUNNING, null, null);
    }

    private static Candidate host(HostIdentity identity, long freeMemoryBytes) {
        return new Candidate(identity, "", freeMemoryBytes, Map.of());
    }

    @Test
    void shouldChooseWhereMostMemoryIsLeftCountingWhatIsOnItsWay() {
        RoomiestHost chooser =
                new RoomiestHost(List.of(host(A, 1L << 40), host(B, 100 * MIB), host(C, 90 * MIB)), List.of(vm("v1")));

        assertThat(chooser.choose(vm("v1"), Map.of())).isEqualTo(new Choice.On(B));
        assertThat(chooser.choose(vm("v2"), Map.of("v1", B))).isEqualTo(new Choice.On(C));
        assertThat(chooser.choose(vm("v3"), Map.of("v1", B, "v2", C)))
                .as("what is unknown takes nothing")
                .isEqualTo(new Choice.On(C));
    }

    @Test
    void shouldSayOfEachHostWhyItDoesNot() {
        RoomiestHost chooser = new RoomiestHost(
                List.of(host(B, MIB), new Candidate(C, "it is being drained", 1L << 40, Map.of())), List.of());

        assertThat(chooser.choose(vm("v1"), Map.of()))
                .isEqualTo(new Choice.Nowhere(
                        List.of("b: it has 1MiB of memory left, the VM has 64MiB", "c: it is being drained")));
        assertThat(new RoomiestHost(List.of(host(A, 1L << 40)), List.of()).choose(vm("v1"), Map.of()))
                .isEqualTo(new Choice.Nowhere(List.of("there is no other host")));
    }

    @Test
    void shouldChooseNoHostThatCannotHaveTheDisks() {
        VmRecord vm = vm("v1", new DiskSpec(VolumeRef.parse("volume", "fast/root.raw"), false, CacheMode.NONE, 1));
        Candidate without = host(B, 1L << 40);
        Candidate own = new Candidate(C, "", 1L << 40, Map.of("fast", "it is each host's own"));
        HostIdentity d = new HostIdentity("d", "d1");
        Candidate sharing = new Candidate(d, "", 64 * MIB, Map.of("fast", "", "slow", "it is gone"));

        assertThat(new RoomiestHost(List.of(without, own, sharing), List.of()).choose(vm, Map.of()))
                .isEqualTo(new Choice.On(d));
        assertThat(new RoomiestHost(List.of(without, own), List.of()).choose(vm, Map.of()))
                .isEqualTo(new Choice.Nowhere(
                        List.of("b: it has no pool fast", "c: its pool fast: it is each host's own")));
    }
}
