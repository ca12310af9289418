package io.godwit.actors.serialization;

import io.godwit.actors.alarm.AlarmView;
import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.actors.host.CpusInUse;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostFacts;
import io.godwit.actors.host.HostLoad;
import io.godwit.actors.host.HostResources;
import io.godwit.actors.host.HostView;
import io.godwit.actors.host.LeftoverView;
import io.godwit.actors.host.PermitView;
import io.godwit.actors.ledger.Generation;
import io.godwit.actors.ledger.LedgerSettings;
import io.godwit.actors.ledger.VoterSet;
import io.godwit.actors.maintenance.MaintenanceActor;
import io.godwit.actors.maintenance.MaintenanceView;
import io.godwit.actors.maintenance.VmMoveView;
import io.godwit.actors.migration.ColdSource;
import io.godwit.actors.migration.ColdTarget;
import io.godwit.actors.migration.EncodingView;
import io.godwit.actors.migration.Manifest;
import io.godwit.actors.migration.MigrationSource;
import io.godwit.actors.migration.MigrationStep;
import io.godwit.actors.migration.MigrationTarget;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.migration.PlanView;
import io.godwit.actors.migration.SecretPart;
import io.godwit.actors.rebalance.RebalanceActor;
import io.godwit.actors.rebalance.RebalancerView;
import io.godwit.actors.recovery.RecoveryActor;
import io.godwit.actors.recovery.RecoveryView;
import io.godwit.actors.storage.StorageActor;
import io.godwit.actors.vm.ConsoleRequest;
import io.godwit.actors.vm.DeviceMessages;
import io.godwit.actors.vm.DeviceView;
import io.godwit.actors.vm.DirtyRateView;
import io.godwit.actors.vm.ForecastRequest;
import io.godwit.actors.vm.GuestActView;
import io.godwit.actors.vm.PowerRequest;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmStatus;
import io.godwit.actors.vm.VmView;
import io.godwit.actors.voters.VotersActor;
import io.godwit.config.AutoRestart;
import io.godwit.config.Availability;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.PlacementRule;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import io.godwit.config.device.ConsoleName;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.GuestDevice;
import io.godwit.config.device.NicRequest;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.ledger.BalanceMove;
import io.godwit.control.ledger.Decision;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.switchover.Verification;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.transport.StreamEndpoint;
import io.godwit.vmm.Backend;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.storage.CloudSeed;
import io.godwit.vmm.storage.ImageFormat;
import io.godwit.vmm.storage.Pool;
import io.godwit.vmm.storage.Volume;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorRefResolver;

/** One of each message that travels, with every field set. Changing one means changing its golden file: see there. */
final class WireSamples {
    private static final String MIGRATION = "3f1c9b0e-52a1-4e0d-9a55-0c6f5f0f7a11";
    private static final VmSpec SPEC = new VmSpec(
            "probe-1",
            5L << 30,
            2,
            "/images/probe.elf",
            "wss=64 rate=50",
            "/images/initrd",
            DirtyLogKind.RING,
            new TreeSet<>(List.of("cx16", "popcnt")),
            List.of(new DiskSpec(new VolumeRef("fast", "root.raw"), true, CacheMode.NONE, 2)),
            List.of(new NicSpec("lan", "02:12:34:56:78:9a", 3)),
            new TreeSet<>(List.of(GuestDevice.RNG, GuestDevice.CONSOLE)),
            new TreeMap<>(Map.of("disk/1", 5, "nic/0", 2, "rng/0", 3, "console/0", 4)),
            new Availability(true, AutoRestart.ON_CRASH, 70, true),
            new VmPlacement(
                    List.of(new PlacementRule(PlacementRule.Kind.APART, true, new TreeSet<>(List.of("probe-2")))),
                    "b",
                    new TreeSet<>(List.of("rack-7")),
                    true));
    private static final HostIdentity SOURCE = new HostIdentity("a", "incarnation-a");
    private static final HostIdentity TARGET = new HostIdentity("b", "incarnation-b");
    private static final VmRecord VM = new VmRecord(
            "abcdefghijklmnopqrstuvwxyz",
            SPEC,
            SOURCE,
            7,
            DesiredState.RUNNING,
            new PreparedMigration(MIGRATION, 7, SOURCE, TARGET),
            new Decision("an-earlier-one", Decision.Outcome.ABORTED),
            MigrationParameters.of(MigrationParameter.DOWNTIME_LIMIT, "80ms"));
    private static final SecretPart SECRET = new SecretPart(new byte[SecretPart.LENGTH]);
    private static final HostFacts FACTS =
            new HostFacts(2, "AMD EPYC", "0x1", "6.18.0", "http://127.0.0.1:8080", "0.1");
    private static final MigrationView VIEW = view("", new TreeMap<>(java.util.Map.of("downtime-limit", "80ms")));
    private static final PlanView PLAN = new PlanView(
            VM.id(),
            "probe-1",
            "a",
            "b",
            List.of("no memory"),
            true,
            "",
            4,
            1200,
            80,
            1L << 30,
            20,
            50_000_000,
            -1,
            4096,
            900_000_000,
            true);
    private static final DirtyRateView DIRTY_RATE = new DirtyRateView(
            VM.id(), "measured", 1_700_000_000_000L, 1000, 50_000_000, 60_000_000, 64L << 20, List.of(1L, 2L), "");

    private WireSamples() {}

    static MigrationView view(String reason, TreeMap<String, String> parameters) {
        return new MigrationView(
                MIGRATION,
                VM.id(),
                "probe-1",
                "a",
                "b",
                "active",
                reason,
                1_700_000_000_000L,
                5,
                1200,
                12,
                40,
                3,
                1 << 30,
                4096,
                5L << 30,
                262_144,
                17,
                12_000,
                1_000_000_000L,
                244_000,
                4,
                parameters,
                true,
                true,
                "source",
                30,
                1100,
                50,
                -8,
                true,
                new EncodingView(1, 2, 3, 4, 5, 6, 7, 8, 0.5, 9));
    }

    static List<Object> all(ActorRefResolver resolver) {
        ActorRef<VmActor.Answer> answers = ref(resolver, "answers");
        List<Object> samples = new java.util.ArrayList<>();
        samples.addAll(List.of(
                new HostActor.Describe(ref(resolver, "views")),
                new HostActor.ReadLoad(ref(resolver, "loads")),
                new HostLoad(
                        new TreeMap<>(Map.of(VM.id(), 12_000_000_000L)),
                        new TreeMap<>(Map.of(VM.id(), "b")),
                        400_000_000),
                new HostActor.CreateVm(SPEC, answers),
                new HostActor.CreateAndStartVm(SPEC, answers),
                new HostActor.ToVm(VM.id(), new VmActor.Describe(answers)),
                new HostActor.Forwarded(new HostActor.ToVm(VM.id(), new VmActor.Describe(answers))),
                new HostActor.ListMigrations(ref(resolver, "migrations")),
                new HostActor.FindMigration(MIGRATION, ref(resolver, "migrations")),
                new HostActor.Migrations(List.of(VIEW)),
                new HostActor.CancelMigration(MIGRATION, answers),
                new HostActor.ListLeftovers(ref(resolver, "leftovers")),
                new HostActor.Leftovers(List.of(new LeftoverView(
                        MIGRATION,
                        VM.id(),
                        "probe-1",
                        "b",
                        "the source is gone",
                        1_700_000_000_000L,
                        5L << 30,
                        "kvm"))),
                new HostActor.DiscardLeftover(MIGRATION, answers),
                new HostActor.ChangeMigration(
                        MIGRATION, MigrationParameters.of(MigrationParameter.MAX_BANDWIDTH, "1GiB/s"), answers),
                new HostActor.ReadParameters(ref(resolver, "parameters")),
                new HostActor.Parameters(MigrationParameters.of(MigrationParameter.CHANNELS, 4)),
                new HostActor.Admit(manifest(), ref(resolver, "source"))));
        samples.addAll(List.of(
                new VmActor.Describe(answers),
                new VmActor.Start(answers),
                new VmActor.Stop(answers),
                new VmActor.Pause(answers),
                new VmActor.Resume(answers),
                new VmActor.Delete(answers),
                new VmActor.ReadSerial(17, 4096, answers),
                new PowerRequest.PowerDown(answers),
                new PowerRequest.Reset(answers)));
        samples.addAll(List.of(
                new PowerRequest.StopWithin(30_000, answers),
                new PowerRequest.RenewGeneration(answers),
                new ConsoleRequest.ReadConsole(ConsoleName.CONSOLE, 17, 4096, 2000, answers),
                new ConsoleRequest.WriteConsole(ConsoleName.SERIAL, "viewer", 17, new byte[] {'l', 's'}, answers),
                new DeviceMessages.AttachDisk(SPEC.disks().get(0), answers),
                new DeviceMessages.AttachNic(new NicRequest("lan", null, 2), answers),
                new DeviceMessages.Detach("disk/1", true, answers),
                new VmActor.Migrate(
                        MIGRATION,
                        "b",
                        MigrationParameters.of(MigrationParameter.VERIFY, "at-pause"),
                        new SkippedChecks(false, true),
                        answers)));
        samples.addAll(List.of(
                new VmActor.Done(new VmView(
                        VM.id(),
                        SPEC,
                        "a",
                        7,
                        VmStatus.RUNNING,
                        "kvm",
                        MIGRATION,
                        "fine",
                        List.of(new DeviceView("console/0", "console", "failed", "a loop")),
                        "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                        new GuestActView("debug-exit", 3, "it ended", 1_700_000_000_000L),
                        true,
                        "permit")),
                new VmActor.ConsoleWritten(4711),
                new VmActor.Deleted(VM.id()),
                new VmActor.Serial(17, new byte[] {'h', 'i'}, 19),
                new VmActor.MigrationAccepted(VIEW),
                new VmActor.Rejected(new Problem(
                        Problem.Kind.INVALID,
                        "memory: 1 is too little",
                        "memory",
                        "1",
                        "more",
                        List.of("memory: 1 is too little")))));
        samples.addAll(List.of(
                new HostActor.SteerMigration(MIGRATION, MigrationStep.FORCE_COMPLETE, answers),
                new HostActor.CheckAdmission(manifest(), ref(resolver, "checked")),
                new HostActor.AdmissionChecked(List.of("no memory")),
                new ForecastRequest.MeasureDirtyRate(1000, answers),
                new ForecastRequest.DescribeDirtyRate(answers),
                new VmActor.DirtyRateKnown(DIRTY_RATE),
                new ForecastRequest.PlanMigration(
                        "b",
                        MigrationParameters.of(MigrationParameter.AUTO_CONVERGE, "true"),
                        SkippedChecks.NONE,
                        answers),
                new VmActor.Planned(PLAN)));
        samples.addAll(List.of(
                new MigrationSource.Admitted(
                        TARGET,
                        ref(resolver, "target"),
                        List.of(new StreamEndpoint("127.0.0.1", 40_123, 1001, 77)),
                        1,
                        SECRET),
                new MigrationSource.NotAdmitted(List.of("no memory", "no kvm")),
                new MigrationSource.Ready(new Verification(true, "262144 pages"), new byte[] {1, 2, 3}),
                new MigrationSource.Running(),
                new MigrationSource.Failed("no reason"),
                new MigrationTarget.Go(),
                new MigrationTarget.Dismissed("cancelled", true),
                event(),
                new HostView(
                        "a",
                        "incarnation-a",
                        "up",
                        "kvm",
                        2,
                        "AMD EPYC",
                        "0x1",
                        "6.18.0",
                        8L << 30,
                        1L << 30,
                        3,
                        "http://127.0.0.1:8080",
                        "0.1",
                        new PermitView(1_700_000_000_000L),
                        new HostResources(
                                HostRole.MEMBER,
                                "rack-7",
                                "AuthenticAMD",
                                new TreeSet<>(List.of("avx2", "sse4_2")),
                                List.of(new HostResources.HostPool("fast", PoolKind.SHARED)),
                                List.of(new HostResources.HostNetwork("lan", "br0"))))));
        samples.addAll(List.of(
                new HostActor.ReadCpus(ref(resolver, "cpus")),
                new CpusInUse(List.of(new CpusInUse.Cpu(
                        new TreeSet<>(List.of("avx2", "vendor:AuthenticAMD")), new TreeSet<>(List.of(VM.id())))))));
        samples.addAll(storage(ref(resolver, "storage")));
        samples.addAll(recovery(resolver));
        samples.addAll(rebalancing(ref(resolver, "rebalancer")));
        samples.addAll(maintenance(ref(resolver, "maintenance")));
        samples.addAll(voters(ref(resolver, "joins"), ref(resolver, "speaks")));
        return samples;
    }

    private static List<Object> rebalancing(ActorRef<RebalancerView> replyTo) {
        BalanceMove move = new BalanceMove(
                MIGRATION,
                VM.id(),
                "probe-1",
                "a",
                "b",
                7,
                true,
                "balance",
                0.4,
                1_200,
                1L << 30,
                1_700_000_000_000L,
                BalanceMove.State.COMPLETED,
                "",
                0.39,
                1_100);
        return List.of(
                new RebalanceActor.Describe(replyTo),
                new RebalanceActor.Rebalance(true, replyTo),
                move,
                new RebalancerView(
                        true,
                        "armed",
                        "1 moves bring imbalance 0.500 to 0.100",
                        0.5,
                        0.1,
                        List.of(new RebalancerView.PlannedMove(
                                List.of("probe-1"), "a", "b", false, 0.4, 1_200, 1L << 30, "balance", true)),
                        List.of("rule spread is left out"),
                        List.of(move)));
    }

    private static List<Object> storage(ActorRef<StorageActor.Answer> answers) {
        VolumeRef volume = new VolumeRef("fast", "root.raw");
        return List.of(
                new HostActor.ToStorage(new StorageActor.ListPools(answers)),
                new StorageActor.ListPools(answers),
                new StorageActor.ListVolumes(answers),
                new StorageActor.FindVolume(volume, answers),
                new StorageActor.CreateVolume(volume, 10L << 30, true, answers),
                new StorageActor.ImportVolume(volume, "/images/root.qcow2", ImageFormat.QCOW2, answers),
                new StorageActor.SeedVolume(volume, new CloudSeed("#cloud-config", "instance-id: a", "v: 2"), answers),
                new StorageActor.ResizeVolume(volume, 20L << 30, true, answers),
                new StorageActor.DeleteVolume(volume, answers),
                new StorageActor.Pools(List.of(new Pool(
                        "fast", PoolKind.SHARED, PoolFencing.TRUST_PERMIT, "/pools/fast", 9, 5, "it is full"))),
                new StorageActor.Volumes(List.of(new Volume("fast", "root.raw", PoolKind.SHARED, 10L << 30))),
                new StorageActor.Rejected(Problem.of(Problem.Kind.CONFLICT, "it is in use")));
    }

    private static List<Object> recovery(ActorRefResolver resolver) {
        LedgerCommand.Claim claim = new LedgerCommand.Claim("r1", VM.id(), SOURCE, 7, MIGRATION, TARGET);
        return List.of(
                new HostActor.ReadAlarms(ref(resolver, "gateway")),
                new HostActor.AlarmsRead(
                        List.of(new AlarmView("a", "jvm-pause", 1_700_000_000_000L, 2_345, "the JVM stood still"))),
                new VmActor.MigrateCold(MIGRATION, "b", true, ref(resolver, "gateway")),
                new HostActor.AdmitCold(
                        MIGRATION,
                        VM,
                        true,
                        List.of(new Volume("fast", "root.raw", PoolKind.LOCAL, 1L << 30)),
                        new SecretPart(new byte[SecretPart.LENGTH]),
                        ref(resolver, "cold")),
                new ColdSource.Admitted(
                        TARGET,
                        ref(resolver, "came"),
                        List.of(new StreamEndpoint("127.0.0.1", 40_123, 7, 9)),
                        new SecretPart(new byte[SecretPart.LENGTH])),
                new ColdSource.Answered(false, List.of("there is no room")),
                new ColdTarget.SourceSays(true, ""),
                new RecoveryActor.Rescue(MIGRATION, VM.id(), "b", true, ref(resolver, "gateway")),
                new RecoveryActor.RescueAnswer(true, "the VM is not guarded", null),
                new HostActor.ReadFence(ref(resolver, "gateway")),
                new HostActor.FenceKnown(true),
                new HostActor.TakeOver(claim, ref(resolver, "recovery")),
                new HostActor.Taken("host \"a\" may hold a permit for 900 ms more"),
                new RecoveryActor.ListRecoveries(ref(resolver, "gateway")),
                new RecoveryActor.Recoveries(
                        true,
                        List.of(new RecoveryView(
                                VM.id() + "-7",
                                VM.id(),
                                "probe-1",
                                "a",
                                "incarnation-a",
                                "b",
                                "claiming",
                                "host \"b\" asks the ledger for it",
                                1_700_000_000_000L,
                                1_700_000_001_000L)),
                        List.of("c")));
    }

    private static List<Object> maintenance(ActorRef<MaintenanceActor.Answer> answers) {
        VmMoveView move = new VmMoveView(VM.id(), "probe-1", "moving", "b", MIGRATION, "no reason");
        MaintenanceView view = new MaintenanceView("d1", "a", "drain", "active", 2, 1_700_000_000_000L, List.of(move));
        return List.of(
                new HostActor.ToMaintenance(new MaintenanceActor.Describe(answers)),
                new MaintenanceActor.Begin(true, 2, answers),
                new MaintenanceActor.Cancel("d1", true, answers),
                new MaintenanceActor.Describe(answers),
                new MaintenanceActor.Leave(answers),
                new MaintenanceActor.Operations(List.of(view)),
                new MaintenanceActor.Rejected(Problem.of(Problem.Kind.CONFLICT, "it is being drained already")));
    }

    private static List<Object> voters(ActorRef<VotersActor.JoinAnswer> replyTo, ActorRef<VotersActor.Speaks> speaks) {
        LedgerSettings.Voter voter = new LedgerSettings.Voter("a", "10.0.0.1", 7_402);
        return List.of(
                new VotersActor.Known(new VoterSet(new Generation(1, "0123456789abcdef"), 4711, List.of(voter))),
                new VotersActor.Join("10.0.0.1", 7_402, replyTo),
                new VotersActor.Joined(voter),
                new VotersActor.AskLevel(speaks),
                new VotersActor.Speaks(1, "the ledger is of level 2"),
                new VotersActor.NotJoined(Problem.of(
                        Problem.Kind.CONFLICT, "address", "10.0.0.1:7402", "a free port", "the port is taken")));
    }

    private static Manifest manifest() {
        MachineProfile profile = new MachineProfile(
                SPEC,
                Backend.KVM,
                GuestLayout.ofSize(SPEC.memoryBytes()),
                new TreeMap<>(java.util.Map.of("vcpu/0", 1, "serial/0", 2)),
                new TreeSet<>(List.of("sse2")),
                2_600_000,
                new TreeMap<>(java.util.Map.of("disk/0", 10L << 30)),
                new TreeMap<>(java.util.Map.of("passthrough/0", "hardware")));
        return new Manifest(
                MIGRATION,
                VM,
                true,
                profile,
                FACTS,
                MigrationSettings.DEFAULT,
                new SkippedChecks(true, false),
                1,
                1,
                SECRET);
    }

    private static ClusterEvent event() {
        return new ClusterEvent(
                1_700_000_000_000L,
                "vm.running",
                "a",
                VM.id(),
                MIGRATION,
                new TreeMap<>(java.util.Map.of("by", "start")));
    }

    private static <T> ActorRef<T> ref(ActorRefResolver resolver, String name) {
        return resolver.resolveActorRef("pekko://godwit@127.0.0.2:25520/user/" + name + "#42");
    }
}
