package io.godwit.actors.placement;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.cluster.Scene;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostResources;
import io.godwit.actors.host.HostView;
import io.godwit.actors.host.PermitView;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.VmSpec;
import io.godwit.control.inventory.CpuBaseline;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Ranking;
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

class CpuBaselinesTest {
    private static final HostView OLD = host("old", "avx2", "sse4_2");
    private static final HostView NEW = host("new", "avx2", "avx512f", "sse4_2");
    private static final HostView OLDER = host("older", "sse4_2");

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

    private static HostView host(String name, String... features) {
        return host(HostRole.MEMBER, name, features);
    }

    private static HostView host(HostRole role, String name, String... features) {
        return new HostView(
                name,
                "1",
                "up",
                "kvm",
                8,
                "cpu",
                "0x1",
                "6.1",
                1L << 30,
                0,
                0,
                "",
                "",
                PermitView.NONE,
                new HostResources(role, "", "AuthenticAMD", new TreeSet<>(List.of(features)), List.of(), List.of()));
    }

    @Test
    void shouldNameHostsThatDoNotAnswerAsNotConsidered() {
        CpuBaseline baseline = CpuBaselines.of(List.of(OLD, NEW, HostView.unknown("gone", "unreachable")));

        assertThat(baseline.features()).containsExactly("avx2", "sse4_2");
        assertThat(baseline.hidden()).containsExactly("avx512f");
        assertThat(baseline.caveat()).isEqualTo("the CPU baseline is without gone, whose CPUs are not known now");
    }

    @Test
    void shouldNotAskWhatTheCpuOfAWitnessHas() {
        CpuBaseline baseline = CpuBaselines.of(List.of(OLD, host(HostRole.WITNESS, "witness", "sse4_2")));

        assertThat(baseline.features()).containsExactly("avx2", "sse4_2");
        assertThat(baseline.beyond()).containsOnlyKeys("old");
        assertThat(baseline.silent()).isEmpty();
    }

    @Test
    void shouldLetAVmWithTheBaselineGoToEachHostItWasFoundAmongAndToNoneThatJoinedWithLess() {
        VmSpec plain = new VmSpec("vm", 64L << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        VmSpec hiding = plain.hiding(CpuBaselines.of(List.of(OLD, NEW)).hidden());

        assertThat(from("new", plain, OLD, NEW).reasons()).containsExactly("host old: its CPU lacks avx512f");
        assertThat(from("new", hiding, OLD, NEW).hosts()).containsExactly("old");
        assertThat(from("old", hiding, OLD, NEW).hosts()).containsExactly("new");
        assertThat(from("old", hiding, OLD, NEW, OLDER).reasons()).containsExactly("host older: its CPU lacks avx2");
    }

    private static Ranking from(String host, VmSpec spec, HostView... hosts) {
        Map<String, Scene.Host> seen = new HashMap<>();
        List.of(hosts).forEach(view -> seen.put(view.id(), new Scene.Host(actor, view, List.of())));
        VmRecord vm = new VmRecord("id", spec, new HostIdentity(host, "1"), 1, DesiredState.RUNNING, null, null);
        return ClusterPicture.of(Set.copyOf(seen.keySet()), new Scene(seen), List.of(vm))
                .chooser()
                .ranking("vm", Ranking.Wishes.NONE);
    }
}
