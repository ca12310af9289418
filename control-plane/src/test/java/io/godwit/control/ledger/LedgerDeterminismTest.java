package io.godwit.control.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.ParametersChange;
import io.godwit.config.VmSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Random histories of a few VMs and hosts, many of them nonsense. */
class LedgerDeterminismTest {
    private static final long SEEDS = 200;
    private static final int COMMANDS = 300;

    @Test
    void shouldReachTheSameSnapshotOnEveryVoterWhereverItRestored() {
        for (long seed = 0; seed < SEEDS; seed++) {
            List<LedgerCommand> commands = commands(seed);
            LedgerState straight = new LedgerState();
            LedgerState restoring = new LedgerState();
            SplittableRandom random = new SplittableRandom(seed);
            for (LedgerCommand command : commands) {
                assertThat(restoring.apply(command)).as("seed " + seed).isEqualTo(straight.apply(command));
                if (random.nextInt(40) == 0) {
                    byte[] durable = LedgerCodec.encode(restoring.snapshot());
                    restoring = LedgerState.restore(LedgerCodec.decodeSnapshot(durable));
                }
            }
            assertThat(LedgerCodec.encode(restoring.snapshot()))
                    .as("seed " + seed)
                    .isEqualTo(LedgerCodec.encode(straight.snapshot()));
        }
    }

    @Test
    void shouldGrowTheEpochWithEveryChangeOfOwnerAndDecideEachMigrationOnce() {
        for (long seed = 0; seed < SEEDS; seed++) {
            LedgerState state = new LedgerState();
            for (LedgerCommand command : commands(seed)) {
                VmRecord before = state.find(command.vmId()).orElse(null);
                state.apply(command);
                VmRecord after = state.find(command.vmId()).orElse(null);
                if (before != null && after != null) {
                    long grown = before.owner().equals(after.owner()) ? 0 : 1;
                    assertThat(after.epoch()).as("seed " + seed + " " + command).isEqualTo(before.epoch() + grown);
                }
            }
        }
    }

    private static List<LedgerCommand> commands(long seed) {
        SplittableRandom random = new SplittableRandom(seed);
        List<String> ids = List.of(VmIds.newId(random), VmIds.newId(random), VmIds.newId(random));
        LedgerState model = new LedgerState();
        List<LedgerCommand> commands = new ArrayList<>();
        for (int i = 0; i < COMMANDS; i++) {
            LedgerCommand command = random.nextInt(10) == 0 && !commands.isEmpty()
                    ? commands.get(random.nextInt(commands.size()))
                    : command(random, ids.get(random.nextInt(ids.size())), "r" + i, model);
            commands.add(command);
            model.apply(command);
        }
        return commands;
    }

    /** Mostly with the owner and epoch that fit, so that histories get somewhere. */
    private static LedgerCommand command(SplittableRandom random, String vmId, String requestId, LedgerState model) {
        HostIdentity host = host(random);
        VmRecord vm = model.find(vmId).orElse(null);
        boolean fits = vm != null && random.nextInt(8) != 0;
        HostIdentity owner = fits ? vm.owner() : host(random);
        long epoch = fits ? vm.epoch() : random.nextInt(4);
        String migrationId = "m" + random.nextInt(30);
        return switch (random.nextInt(13)) {
            case 10 -> new LedgerCommand.SetGuarded(requestId, vmId, owner, epoch, random.nextInt(3) != 0);
            case 11 -> new LedgerCommand.Claim(requestId, vmId, owner, epoch, expected(vm), host);
            case 12 ->
                random.nextInt(20) == 0
                        ? new LedgerCommand.ConfirmDead(requestId, host)
                        : new LedgerCommand.Claim(requestId, vmId, owner, epoch, null, host);
            case 0 -> creation(random, requestId, vmId, host);
            case 1 ->
                random.nextInt(4) == 0
                        ? new LedgerCommand.Delete(requestId, vmId, owner, epoch)
                        : new LedgerCommand.SetDesired(requestId, vmId, owner, epoch, DesiredState.STOPPED);
            case 2 -> new LedgerCommand.SetDesired(requestId, vmId, owner, epoch, DesiredState.RUNNING);
            case 3 ->
                new LedgerCommand.Reclaim(
                        requestId, vmId, owner, epoch, new HostIdentity(owner.hostId(), host.incarnation()));
            case 4, 5 -> new LedgerCommand.Prepare(requestId, vmId, migrationId, epoch, owner, host);
            case 7 -> new LedgerCommand.ChangeVmParameters(requestId, vmId, change(random));
            case 8 -> new LedgerCommand.ChangeClusterParameters(requestId, change(random));
            case 6 -> new LedgerCommand.Abort(requestId, vmId, prepared(vm, migrationId));
            default -> new LedgerCommand.Commit(requestId, vmId, prepared(vm, migrationId));
        };
    }

    private static LedgerCommand creation(SplittableRandom random, String requestId, String vmId, HostIdentity host) {
        VmSpec spec = Samples.spec("vm" + random.nextInt(4));
        DesiredState desired = random.nextBoolean() ? DesiredState.RUNNING : DesiredState.STOPPED;
        return random.nextBoolean()
                ? new LedgerCommand.Create(requestId, vmId, spec, host)
                : new LedgerCommand.Define(requestId, vmId, spec, host, desired, random.nextBoolean());
    }

    private static ParametersChange change(SplittableRandom random) {
        MigrationParameters set = MigrationParameters.of(MigrationParameter.CHANNELS, 1 + random.nextInt(16));
        return random.nextBoolean()
                ? ParametersChange.replacing(set)
                : new ParametersChange(false, set, new TreeSet<>(List.of("verify")));
    }

    private static String prepared(VmRecord vm, String otherwise) {
        return vm != null && vm.prepared() != null ? vm.prepared().migrationId() : otherwise;
    }

    private static @Nullable String expected(@Nullable VmRecord vm) {
        return vm == null || vm.prepared() == null ? null : vm.prepared().migrationId();
    }

    private static HostIdentity host(SplittableRandom random) {
        return new HostIdentity("host" + random.nextInt(3), "i" + random.nextInt(3));
    }
}
