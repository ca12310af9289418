package io.godwit.actors.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.cluster.Scene;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostResources;
import io.godwit.actors.host.HostResources.HostNetwork;
import io.godwit.actors.host.HostResources.HostPool;
import io.godwit.actors.host.HostView;
import io.godwit.actors.host.PermitView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.Inventory;
import io.godwit.control.inventory.Vm;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Admission.Homeless;
import io.godwit.control.placement.Ranking;
import io.godwit.vmm.storage.Pool;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import org.apache.pekko.actor.testkit.typed.javadsl.ActorTestKit;
import org.apache.pekko.actor.typed.ActorRef;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ClusterPictureTest {
    private static final long MIB = 1L << 20;
    private static ActorTestKit kit;
    private static ActorRef<HostActor.Command> actor;

    @BeforeAll
    static void start() {
        kit = ActorTestKit.create();
        actor = kit.<HostActor.Command>createTestProbe().getRef();
    }

    @AfterAll
    static void stop() {
        kit.shutdownTestKit();
    }

    private static Scene.Host host(String name, String state, long usedBytes, HostPool... pools) {
        return host(name, HostRole.MEMBER, state, usedBytes, pools);
    }

    private static Scene.Host host(String name, HostRole role, String state, long usedBytes, HostPool... pools) {
        HostView view = new HostView(
                name,
                "1",
                state,
                "kvm",
                8,
                "cpu",
                "0x1",
                "6.1.0-21",
                1024 * MIB,
                usedBytes,
                1,
                "",
                "",
                PermitView.NONE,
                new HostResources(
                        role,
                        "west",
                        "AuthenticAMD",
                        new TreeSet<>(List.of("avx2", "sse4_2")),
                        List.of(pools),
                        List.of(new HostNetwork("lan", "br0"))));
        return new Scene.Host(actor, view, List.of());
    }

    private static VmRecord vm(String name, String owner, DesiredState desired, String pool) {
        VmSpec plain = new VmSpec(
                name,
                256 * MIB,
                name.equals("wide") ? 16 : 2,
                "/kernel",
                "",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>(List.of("avx2")),
                List.of(new DiskSpec(new VolumeRef(pool, "root.raw"), false, CacheMode.WRITEBACK, 1)),
                List.of(new NicSpec("lan", "02:00:00:00:00:01", 1)),
                Collections.emptySortedSet());
        VmPlacement placement = new VmPlacement(List.of(), null, new TreeSet<>(List.of("west")), true);
        return new VmRecord("id-" + name, plain.with(placement), new HostIdentity(owner, "1"), 1, desired, null, null);
    }

    private static Inventory inventory(Set<String> members, List<VmRecord> vms, Scene.Host... hosts) {
        Map<String, Scene.Host> seen = new HashMap<>();
        List.of(hosts).forEach(host -> seen.put(host.view().id(), host));
        return ClusterPicture.of(members, new Scene(seen), vms).inventory();
    }

    @Test
    void shouldTakeOverWhatAHostSaysOfItself() {
        Host host = inventory(Set.of("a"), List.of(), host("a", "up", 0, new HostPool("san", PoolKind.SHARED)))
                .host("a");

        assertThat(host.state()).isEqualTo(HostState.UP);
        assertThat(host.zone()).isEqualTo("west");
        assertThat(host.memoryBytes()).isEqualTo(1024 * MIB);
        assertThat(host.cpus()).isEqualTo(8);
        assertThat(host.pools()).containsExactly("san");
        assertThat(host.segments()).containsExactly("lan");
        assertThat(host.cpuFeatures()).containsExactlyInAnyOrder("avx2", "sse4_2");
        assertThat(host.kernel()).isEqualTo("6.1.0-21");
        assertThat(host.distrust()).isEmpty();
    }

    @Test
    void shouldDeriveWhatAVmWantsFromItsDefinitionAndItsHost() {
        Vm vm = inventory(
                        Set.of("a"),
                        List.of(vm("db", "a", DesiredState.RUNNING, "san")),
                        host("a", "up", 256 * MIB, new HostPool("san", PoolKind.SHARED)))
                .vm("db");

        assertThat(vm.host()).isEqualTo("a");
        assertThat(vm.memoryBytes()).isEqualTo(256 * MIB);
        assertThat(vm.vcpus()).isEqualTo(2);
        assertThat(vm.pools()).containsExactly("san");
        assertThat(vm.segments()).containsExactly("lan");
        assertThat(vm.cpuFeatures()).as("less what is hidden from it").containsExactly("sse4_2");
        assertThat(vm.kernel()).isEqualTo("6.1.0-21");
        assertThat(vm.zones()).containsExactly("west");
        assertThat(vm.pinned()).isEqualTo("its definition pins it");
    }

    @Test
    void shouldGoByTheCpuThatAGuestCameWithAndNotByThatOfItsHost() {
        Scene.Host rich = host("a", "up", 512 * MIB, new HostPool("san", PoolKind.SHARED));
        Scene.Host seen = new Scene.Host(
                rich.actor(), rich.view(), List.of(), Map.of("id-moved", Set.of("vendor:AuthenticAMD")), Set.of());
        Inventory inventory = inventory(
                Set.of("a"),
                List.of(vm("moved", "a", DesiredState.RUNNING, "san"), vm("db", "a", DesiredState.RUNNING, "san")),
                seen);

        assertThat(inventory.vm("moved").cpuFeatures()).containsExactly("vendor:AuthenticAMD");
        assertThat(inventory.vm("db").cpuFeatures()).containsExactly("sse4_2");
    }

    @Test
    void shouldSendANewVmOnlyToHostsThatHaveItsVolumesInTheirLocalPools() {
        VolumeRef root = new VolumeRef("fast", "root.raw");
        VmSpec spec = vm("new", "a", DesiredState.STOPPED, "fast").spec().with(VmPlacement.ANYWHERE);
        HostPool local = new HostPool("fast", PoolKind.LOCAL);
        Scene.Host without = host("a", "up", 0, local);
        Scene.Host having = host("b", "up", 0, local);
        having = new Scene.Host(having.actor(), having.view(), List.of(), Map.of(), Set.of(root));

        ClusterPicture picture =
                ClusterPicture.of(Set.of("a", "b"), new Scene(Map.of("a", without, "b", having)), List.of());

        var ranking = picture.with(spec).chooser().ranking("new", Ranking.Wishes.NONE);
        assertThat(ranking.hosts()).containsExactly("b");
        assertThat(ranking.reasons()).containsExactly("host a: volume root.raw is in pool fast of host b");
    }

    @Test
    void shouldNotBindANewVmToOneOfTheHostsThatShareItsVolume() {
        VolumeRef root = new VolumeRef("san", "root.raw");
        VmSpec spec = vm("new", "a", DesiredState.STOPPED, "san").spec().with(VmPlacement.ANYWHERE);
        HostPool shared = new HostPool("san", PoolKind.SHARED);
        Scene.Host one = host("a", "up", 0, shared);
        Scene.Host slow = new Scene.Host(one.actor(), one.view(), List.of(), Map.of(), Set.of(root));

        Inventory inventory = ClusterPicture.of(
                        Set.of("a", "b"), new Scene(Map.of("a", slow, "b", host("b", "up", 0, shared))), List.of())
                .with(spec)
                .inventory();

        assertThat(inventory.vm("new").volumes()).isEmpty();
    }

    @Test
    void shouldLetAVmThatDoesNotRunTakeNoMemoryAndCarryNoState() {
        Vm vm = inventory(Set.of("a"), List.of(vm("db", "a", DesiredState.STOPPED, "san")), host("a", "up", 0))
                .vm("db");

        assertThat(vm.memoryBytes()).isZero();
        assertThat(vm.kernel()).isEmpty();
        assertThat(vm.cpuFeatures()).isEmpty();
        assertThat(vm.pinned()).isEqualTo("it does not run");
    }

    @Test
    void shouldTakeWhatArrivesAndWhatIsKeptFromTheMemoryOfAHost() {
        List<VmRecord> vms = List.of(vm("db", "a", DesiredState.RUNNING, "san"));

        assertThat(inventory(Set.of("a"), vms, host("a", "up", 320 * MIB))
                        .host("a")
                        .memoryBytes())
                .isEqualTo(960 * MIB);
        assertThat(inventory(Set.of("a"), vms, host("a", "up", 0)).host("a").memoryBytes())
                .as("its VM is about to start")
                .isEqualTo(1024 * MIB);
    }

    @Test
    void shouldNotBelieveAHostWhoseVmsHaveMoreMemoryThanIt() {
        List<VmRecord> vms = List.of(
                vm("one", "a", DesiredState.RUNNING, "san"),
                vm("two", "a", DesiredState.RUNNING, "san"),
                vm("three", "a", DesiredState.PAUSED, "san"),
                vm("four", "a", DesiredState.RUNNING, "san"),
                vm("five", "a", DesiredState.RUNNING, "san"));

        assertThat(inventory(Set.of("a"), vms, host("a", "up", 1024 * MIB))
                        .host("a")
                        .distrust())
                .isEqualTo("its VMs have 1.3GiB, it has 1GiB for guests");
    }

    @Test
    void shouldKnowALocalPoolFromThatOfAnotherHost() {
        HostPool local = new HostPool("fast", PoolKind.LOCAL);
        Inventory inventory = inventory(
                Set.of("a", "b"),
                List.of(vm("db", "a", DesiredState.RUNNING, "fast"), vm("lost", "gone", DesiredState.RUNNING, "fast")),
                host("a", "up", 0, local),
                host("b", "up", 0, local));

        assertThat(inventory.host("b").pools()).containsExactlyInAnyOrder("fast", "fast of host b");
        assertThat(inventory.vm("db").pools()).containsExactly("fast of host a");
        assertThat(inventory.vm("lost").pools()).containsExactly("fast of host gone");
    }

    @Test
    void shouldLeaveOutAPoolThatCannotBeUsedNow() {
        Scene.Host seen = host("a", "up", 0, new HostPool("san", PoolKind.SHARED));
        Scene.Host broken = new Scene.Host(
                seen.actor(),
                seen.view(),
                List.of(new Pool("san", PoolKind.SHARED, PoolFencing.NONE, "/san", 0, 0, "/san cannot be used")));

        assertThat(inventory(Set.of("a"), List.of(), broken).host("a").pools()).isEmpty();
    }

    @Test
    void shouldHaveHostsThatAreSilentOrOnlyNamedAsUnreachable() {
        Inventory inventory = inventory(
                Set.of("a", "silent", "leaving"),
                List.of(vm("lost", "gone", DesiredState.RUNNING, "san")),
                host("a", "up", 0),
                host("leaving", "leaving", 0));

        assertThat(inventory.hosts()).extracting(Host::name).containsExactly("a", "gone", "leaving", "silent");
        assertThat(inventory.hosts())
                .extracting(Host::state)
                .containsExactly(HostState.UP, HostState.UNREACHABLE, HostState.UNREACHABLE, HostState.UNREACHABLE);
    }

    @Test
    void shouldHaveAWitnessAsNothingElseForAsLongAsItIsReached() {
        for (String state : List.of("up", "weaklyup", "restoring", "draining", "maintenance")) {
            assertThat(inventory(Set.of("w"), List.of(), host("w", HostRole.WITNESS, state, 0))
                            .hosts())
                    .as(state)
                    .extracting(Host::state)
                    .containsExactly(HostState.WITNESS);
        }
        assertThat(inventory(Set.of("w"), List.of(), host("w", HostRole.WITNESS, "unreachable", 0))
                        .hosts())
                .extracting(Host::state)
                .containsExactly(HostState.UNREACHABLE);
    }

    @Test
    void shouldNotCountAWitnessAmongTheHostsThatAreLostOrTakeVms() {
        VmRecord db = vm("db", "a", DesiredState.RUNNING, "san");
        Map<String, Scene.Host> seen = Map.of(
                "a", host("a", "up", 256 * MIB, new HostPool("san", PoolKind.SHARED)),
                "w", host("w", HostRole.WITNESS, "up", 0, new HostPool("san", PoolKind.SHARED)));

        assertThat(ClusterPicture.of(Set.of("a", "w"), new Scene(seen), List.of(db))
                        .losses()
                        .homeless())
                .containsOnlyKeys("a")
                .containsEntry("a", List.of(new Homeless("db", List.of("host w: it is a witness, which runs no VMs"))));
    }

    @Test
    void shouldLetAVmThatIsWiderThanAnyHostGoToTheWidest() {
        Inventory inventory = inventory(
                Set.of("a"), List.of(vm("wide", "a", DesiredState.RUNNING, "san")), host("a", "up", 256 * MIB));

        assertThat(inventory.vm("wide").vcpus()).isEqualTo(8);
    }
}
