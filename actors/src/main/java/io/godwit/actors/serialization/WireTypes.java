package io.godwit.actors.serialization;

import com.esotericsoftware.kryo.Kryo;
import com.esotericsoftware.kryo.Serializer;
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
import io.godwit.config.Compression;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.Encryption;
import io.godwit.config.EndingSettings;
import io.godwit.config.LaneSettings;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.PlacementRule;
import io.godwit.config.SkippedChecks;
import io.godwit.config.ThrottleSettings;
import io.godwit.config.TimeoutAction;
import io.godwit.config.VerifyMode;
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
import io.godwit.kvm.memory.GuestRegion;
import io.godwit.transport.StreamEndpoint;
import io.godwit.vmm.Backend;
import io.godwit.vmm.MachineProfile;
import io.godwit.vmm.storage.CloudSeed;
import io.godwit.vmm.storage.ImageFormat;
import io.godwit.vmm.storage.Pool;
import io.godwit.vmm.storage.Volume;
import java.util.Map;
import java.util.TreeMap;

/**
 * Every type that travels between hosts and its number. Numbers are for ever: a type whose shape changes becomes a new
 * record with a new number, so that hosts of two versions understand each other or say that they do not.
 */
public final class WireTypes {
    /** 0 to 9 are Kryo's own for primitives and strings; 10 to 19 are {@link WireCollections}. */
    private static final Map<Integer, Class<?>> TYPES = new TreeMap<>();

    static {
        add(21, DirtyLogKind.class, MigrationSettings.class, VerifyMode.class); // 20 was VmSpec without devices
        add(24, MigrationParameters.class, LaneSettings.class, ThrottleSettings.class, EndingSettings.class);
        add(28, MigrationSettings.Announcement.class);
        add(70, Compression.class, TimeoutAction.class, Encryption.class);
        add(30, HostIdentity.class, VmRecord.class, DesiredState.class, PreparedMigration.class, Decision.class);
        add(35, Decision.Outcome.class, Verification.class);
        add(40, GuestLayout.class, GuestRegion.class); // 42 was MachineProfile without sizes of disks
        add(43, Backend.class, StreamEndpoint.class);
        add(51, HostFacts.class); // 50 was HostView without a permit, 52 VmView without devices
        add(53, VmStatus.class, MigrationView.class);
        add(55, ClusterEvent.class, Problem.class, Problem.Kind.class);
        add(60, HostActor.Describe.class, HostActor.CreateVm.class, HostActor.ToVm.class);
        add(63, HostActor.ListMigrations.class, HostActor.FindMigration.class, HostActor.Migrations.class);
        add(66, HostActor.CancelMigration.class, HostActor.Admit.class, HostActor.Forwarded.class);
        add(125, HostActor.ChangeMigration.class, HostActor.ReadParameters.class, HostActor.Parameters.class);
        add(69, HostActor.SteerMigration.class);
        add(110, HostActor.CheckAdmission.class, HostActor.AdmissionChecked.class, MigrationStep.class);
        add(
                113,
                ForecastRequest.MeasureDirtyRate.class,
                ForecastRequest.DescribeDirtyRate.class,
                VmActor.DirtyRateKnown.class);
        add(117, VmActor.Planned.class, PlanView.class, DirtyRateView.class);
        add(80, VmActor.Describe.class, VmActor.Start.class, VmActor.Stop.class, VmActor.Pause.class);
        // 87 was Migrate, 100 Manifest and 116 PlanMigration, each without checks to skip
        add(84, VmActor.Resume.class, VmActor.Delete.class, VmActor.ReadSerial.class);
        add(90, VmActor.Done.class, VmActor.Deleted.class, VmActor.Serial.class, VmActor.MigrationAccepted.class);
        add(94, VmActor.Rejected.class);
        add(101, MigrationSource.Admitted.class, MigrationSource.NotAdmitted.class);
        add(103, MigrationSource.Ready.class, MigrationSource.Running.class, MigrationSource.Failed.class);
        add(130, HostActor.ListLeftovers.class, HostActor.Leftovers.class, HostActor.DiscardLeftover.class);
        add(133, LeftoverView.class, EncodingView.class);
        add(106, MigrationTarget.Go.class, MigrationTarget.Dismissed.class);
        add(120, SecretPart.class);
        add(141, DiskSpec.class, CacheMode.class, VolumeRef.class, NicSpec.class, GuestDevice.class);
        add(146, MachineProfile.class, HostActor.ToStorage.class);
        add(150, StorageActor.ListPools.class, StorageActor.ListVolumes.class, StorageActor.FindVolume.class);
        add(153, StorageActor.CreateVolume.class, StorageActor.ImportVolume.class, StorageActor.SeedVolume.class);
        add(156, StorageActor.ResizeVolume.class, StorageActor.DeleteVolume.class, StorageActor.Pools.class);
        add(159, StorageActor.Volumes.class, StorageActor.Rejected.class); // 161 was Pool without fencing
        add(162, Volume.class, PoolKind.class);
        add(164, ImageFormat.class, CloudSeed.class);
        add(181, DeviceView.class, GuestActView.class); // 180 was VmView without a guard
        add(183, PowerRequest.PowerDown.class, PowerRequest.Reset.class, PowerRequest.StopWithin.class);
        add(186, PowerRequest.RenewGeneration.class, ConsoleName.class, VmActor.ConsoleWritten.class);
        add(189, ConsoleRequest.ReadConsole.class, ConsoleRequest.WriteConsole.class);
        add(196, NicRequest.class); // 195 was VmSpec without availability, 140 the one without slots
        add(210, RecoveryActor.ListRecoveries.class, RecoveryActor.Recoveries.class, RecoveryView.class);
        add(213, HostActor.TakeOver.class, HostActor.Taken.class, LedgerCommand.Claim.class);
        add(216, Pool.class, PoolFencing.class);
        add(197, DeviceMessages.AttachDisk.class, DeviceMessages.AttachNic.class, DeviceMessages.Detach.class);
        add(221, Availability.class, AutoRestart.class); // 220 was VmSpec without placement
        add(223, VmView.class); // 224 was HostView without resources
        add(225, PermitView.class);
        add(244, VmSpec.class, VmPlacement.class, PlacementRule.class, PlacementRule.Kind.class);
        add(248, HostActor.ReadLoad.class, HostLoad.class);
        add(250, RebalanceActor.Describe.class, RebalanceActor.Rebalance.class, RebalancerView.class);
        add(253, RebalancerView.PlannedMove.class, BalanceMove.class, BalanceMove.State.class);
        add(240, HostView.class); // 241 was HostResources without a role
        add(242, HostResources.HostPool.class, HostResources.HostNetwork.class);
        add(307, HostResources.class, HostRole.class);
        add(200, MaintenanceActor.Begin.class, MaintenanceActor.Cancel.class, MaintenanceActor.Describe.class);
        add(203, MaintenanceActor.Operations.class, MaintenanceActor.Rejected.class, HostActor.ToMaintenance.class);
        add(206, MaintenanceView.class, VmMoveView.class, MaintenanceActor.Leave.class);
        add(260, HostActor.CreateAndStartVm.class);
        add(261, VotersActor.Known.class, VotersActor.Join.class, VotersActor.Joined.class);
        add(264, VotersActor.NotJoined.class); // 265 was VoterSet without a generation
        add(266, LedgerSettings.Voter.class);
        add(277, VoterSet.class, Generation.class);
        add(270, Manifest.class, VmActor.Migrate.class, ForecastRequest.PlanMigration.class, SkippedChecks.class);
        add(285, HostActor.ReadFence.class, HostActor.FenceKnown.class);
        add(287, RecoveryActor.Rescue.class, RecoveryActor.RescueAnswer.class);
        add(289, VmActor.MigrateCold.class, HostActor.AdmitCold.class, ColdSource.Admitted.class);
        add(292, ColdSource.Answered.class, ColdTarget.SourceSays.class);
        add(294, HostActor.ReadAlarms.class, HostActor.AlarmsRead.class, AlarmView.class);
        add(297, VotersActor.AskLevel.class, VotersActor.Speaks.class);
        add(274, HostActor.ReadCpus.class, CpusInUse.class, CpusInUse.Cpu.class);
    }

    private WireTypes() {}

    private static void add(int first, Class<?>... types) {
        for (int i = 0; i < types.length; i++) {
            if (TYPES.put(first + i, types[i]) != null) {
                throw new IllegalStateException("wire number " + (first + i) + " is given twice");
            }
        }
    }

    /** Number to type. */
    public static Map<Integer, Class<?>> all() {
        return Map.copyOf(TYPES);
    }

    static void register(Kryo kryo) {
        TYPES.forEach((number, type) -> kryo.register(type, serializer(type), number));
    }

    private static Serializer<?> serializer(Class<?> type) {
        return type.isEnum() ? new EnumByName(type) : new WireRecord<>(type);
    }
}
