package io.godwit.control.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand.Claim;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.recovery.HostChooser.Choice;
import io.godwit.control.recovery.RecoverableVm.SharedPool;
import io.godwit.control.recovery.RecoveryStep.Fence;
import io.godwit.control.recovery.RecoveryStep.Start;
import io.godwit.control.recovery.RecoveryStep.Wait;
import io.godwit.control.recovery.RescuePlanner.LocalDisk;
import io.godwit.control.recovery.RescuePlanner.Rescued;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class RescuePlannerTest {
    private static final HostIdentity SOUTH = new HostIdentity("south", "s1");
    private static final HostIdentity NORTH = new HostIdentity("north", "n1");
    private static final HostIdentity EAST = new HostIdentity("east", "e1");
    private static final String ID = "abcdefghijklmnopqrstuvwxy2";
    private static final PreparedMigration TO_NORTH = new PreparedMigration("m1", 3, SOUTH, NORTH);

    private final Set<HostIdentity> silent = new HashSet<>(Set.of(SOUTH));
    private final Set<HostIdentity> heard = new HashSet<>(Set.of(NORTH, EAST));
    private final Set<HostIdentity> fenced = new HashSet<>();
    private final Set<HostIdentity> dead = new HashSet<>();
    private final Set<HostIdentity> returned = new HashSet<>();
    private final Set<String> members = new HashSet<>(Set.of("north", "east"));
    private Optional<LocalDisk> local = Optional.empty();
    private HostChooser chooser = (vm, placed) -> new Choice.On(EAST);

    @Test
    void shouldTakeAGuardedVmOfADeadHostThoughNothingIsWantedOfIt() {
        assertThat(plan(vm(true, null, null))).isEqualTo(new Start(new Claim("r1", ID, SOUTH, 3, null, EAST)));
    }

    @Test
    void shouldRefuseAVmWhoseHostIsAlive() {
        members.add("south");
        assertThat(refusal(vm(true, null, null))).contains("host \"south\" (incarnation s1) is alive");
        members.remove("south");
        silent.remove(SOUTH);
        heard.add(SOUTH);
        assertThat(refusal(vm(true, null, null))).contains("is alive");
    }

    @Test
    void shouldRefuseAVmWhoseHostsPermitMayRun() {
        silent.remove(SOUTH);
        dead.add(SOUTH);
        assertThat(refusal(vm(true, null, null)))
                .isEqualTo(
                        "the run permit of host \"south\" (incarnation s1) may be valid; ask again when it has ended");
    }

    @Test
    void shouldTakeAVmThatNoPermitGuardsOnlyOnAnOperatorsWordWhateverAFenceSays() {
        fenced.add(SOUTH);
        assertThat(refusal(vm(false, Fencing.FENCED, null)))
                .contains("the VM is not guarded", "godwit host confirm-dead south");
        dead.add(SOUTH);
        assertThat(plan(vm(false, Fencing.FENCED, null))).isInstanceOf(Start.class);
    }

    @Test
    void shouldRefuseUntilTheFenceOfItsPoolHasSucceeded() {
        assertThat(plan(vm(true, Fencing.FENCED, null))).isEqualTo(new Fence(ID, SOUTH, "san"));
        assertThat(refusal(vm(true, Fencing.NONE, null))).contains("fencing: pool san has none", "confirm-dead south");
        assertThat(plan(vm(true, Fencing.TRUST_PERMIT, null))).isInstanceOf(Start.class);
        fenced.add(SOUTH);
        assertThat(plan(vm(true, Fencing.FENCED, null))).isInstanceOf(Start.class);
    }

    @Test
    void shouldRefuseALocalDiskByItsVolumeAndPool() {
        dead.add(SOUTH);
        local = Optional.of(new LocalDisk("fast/root.raw", "fast", "is local on host east"));
        assertThat(refusal(vm(false, null, null)))
                .isEqualTo(
                        "volume fast/root.raw is in pool fast, which is local on host east; a rescue needs all disks in"
                                + " shared pools");
    }

    @Test
    void shouldLeaveAVmToItsHostThatIsBackAndAMigrationToItsTarget() {
        returned.add(SOUTH);
        members.add("south");
        assertThat(refusal(vm(true, null, null))).isEqualTo("host \"south\" is back and takes it again");
        returned.clear();
        members.remove("south");
        assertThat(refusal(vm(true, null, TO_NORTH)))
                .isEqualTo(
                        "the run permit of host \"north\" (incarnation n1) may be valid, which decides migration m1");
        heard.remove(NORTH);
        silent.add(NORTH);
        assertThat(plan(vm(true, null, TO_NORTH))).isEqualTo(new Start(new Claim("r1", ID, SOUTH, 3, "m1", EAST)));
    }

    @Test
    void shouldSayWhyNoHostTakesIt() {
        chooser = (vm, placed) -> new Choice.Nowhere(List.of("host east: no memory"));
        assertThat(refusal(vm(true, null, null))).isEqualTo("no host takes it: host east: no memory");
    }

    /** Whatever is true of the hosts, none that may run the VM is left without proof that it does not. */
    @Test
    void shouldNeverClaimAVmThatAnotherHostMayRun() {
        int claims = 0;
        for (long seed = 0; seed < 20_000; seed++) {
            Random random = new Random(seed);
            draw(random, silent, heard);
            draw(random, dead, new HashSet<>());
            draw(random, fenced, new HashSet<>());
            returned.clear();
            members.clear();
            if (random.nextInt(4) == 0) {
                members.add("south");
            }
            local = Optional.empty();
            Fencing fencing = random.nextInt(4) == 0 ? null : Fencing.values()[random.nextInt(3)];
            boolean guarded = random.nextBoolean();
            PreparedMigration prepared = random.nextInt(3) == 0 ? TO_NORTH : null;
            if (plan(vm(guarded, fencing, prepared)) instanceof Start) {
                claims++;
                for (HostIdentity holder : prepared == null ? List.of(SOUTH) : List.of(SOUTH, NORTH)) {
                    assertThat(silent)
                            .as("seed %d: permits of holders have ended", seed)
                            .contains(holder);
                    assertThat(dead.contains(holder)
                                    || (guarded
                                            && (fencing == null
                                                    || fencing == Fencing.TRUST_PERMIT
                                                    || (fencing == Fencing.FENCED && fenced.contains(holder)))))
                            .as("seed %d: host %s cannot run or write it", seed, holder)
                            .isTrue();
                }
                assertThat(members).as("seed %d", seed).doesNotContain("south");
            }
        }
        assertThat(claims).as("some were claimed, else nothing was shown").isGreaterThan(100);
    }

    private static void draw(Random random, Set<HostIdentity> some, Set<HostIdentity> others) {
        some.clear();
        others.clear();
        for (HostIdentity host : List.of(SOUTH, NORTH)) {
            switch (random.nextInt(3)) {
                case 0 -> some.add(host);
                case 1 -> others.add(host);
                default -> {}
            }
        }
    }

    private RecoveryStep plan(RecoverableVm vm) {
        RecoveryPlanner.Hosts hosts = new RecoveryPlanner.Hosts(
                heard::contains, silent::contains, fenced::contains, dead::contains, returned::contains, host -> false);
        return RescuePlanner.plan(new Rescued(vm, local), hosts, members::contains, chooser, "r1");
    }

    private String refusal(RecoverableVm vm) {
        RecoveryStep step = plan(vm);
        assertThat(step).isInstanceOf(Wait.class);
        return ((Wait) step).reason();
    }

    private static RecoverableVm vm(boolean guarded, @Nullable Fencing fencing, @Nullable PreparedMigration prepared) {
        VmSpec spec = new VmSpec("db", 64 << 20, 1, "/probe.elf", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        VmRecord record = new VmRecord(ID, spec, SOUTH, 3, DesiredState.STOPPED, prepared, null);
        return new RecoverableVm(
                record, guarded, 0, Optional.ofNullable(fencing).map(level -> new SharedPool("san", level)));
    }
}
