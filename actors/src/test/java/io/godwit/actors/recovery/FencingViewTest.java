package io.godwit.actors.recovery;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.recovery.FencingView.Level;
import io.godwit.actors.recovery.FencingView.SharedPool;
import io.godwit.actors.recovery.FencingView.Writer;
import io.godwit.actors.storage.Storage.HostPool;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

class FencingViewTest {
    @Test
    void shouldShowAPoolThatHostsAgreeOn() {
        FencingView view = FencingView.of(
                List.of(),
                List.of(pool("a", "san", PoolFencing.TRUST_PERMIT), pool("b", "san", PoolFencing.TRUST_PERMIT)),
                Map.of("a", false, "b", false),
                List.of("a", "b"));

        assertThat(view.pools())
                .containsExactly(new SharedPool(
                        "san", "trust-permit", List.of(new Level("trust-permit", List.of("a", "b"))), ""));
        assertThat(view.withoutFence()).as("nothing wants a fence").isEmpty();
    }

    @Test
    void shouldNameEachLevelOfAPoolThatHostsDifferOnAndCountTheStrictest() {
        SharedPool san = FencingView.of(
                        List.of(),
                        List.of(
                                pool("a", "san", PoolFencing.TRUST_PERMIT),
                                pool("b", "san", PoolFencing.COMMAND),
                                pool("c", "san", PoolFencing.NONE),
                                pool("d", "san", PoolFencing.COMMAND)),
                        Map.of(),
                        List.of())
                .pools()
                .get(0);

        assertThat(san.fencing()).isEqualTo("none");
        assertThat(san.conflict()).isEqualTo("pool san is none on c, but command on b, d, but trust-permit on a");
    }

    @Test
    void shouldSayThatAPoolIsSharedForSomeAndLocalToOthers() {
        HostPool local = new HostPool("b", "san", PoolKind.LOCAL, PoolFencing.NONE, "/san", 1, 1, "");
        List<SharedPool> pools = FencingView.of(
                        List.of(),
                        List.of(
                                pool("a", "san", PoolFencing.COMMAND),
                                local,
                                new HostPool("a", "own", PoolKind.LOCAL, PoolFencing.NONE, "/own", 1, 1, "")),
                        Map.of(),
                        List.of())
                .pools();

        assertThat(pools).extracting(SharedPool::name).containsExactly("san");
        assertThat(pools.get(0).conflict()).isEqualTo("pool san is command on a, but a local pool on b");
    }

    @Test
    void shouldSayOfHostsWhoseVmsWriteSharedDisksWhetherAFenceIsConfigured() {
        FencingView view = FencingView.of(
                List.of(
                        vm("db", "a", "san", false),
                        vm("web", "b", "san", false),
                        vm("far", "gone", "san", false),
                        vm("reader", "c", "san", true),
                        vm("sticky", "c", "own", false)),
                List.of(pool("a", "san", PoolFencing.COMMAND), pool("b", "san", PoolFencing.COMMAND)),
                Map.of("a", true, "b", false, "c", false),
                List.of("a", "b", "gone"));

        assertThat(view.hosts())
                .containsExactly(
                        new Writer("a", "configured", List.of("san"), List.of("db")),
                        new Writer("b", "none", List.of("san"), List.of("web")),
                        new Writer("gone", "unknown", List.of("san"), List.of("far")));
        assertThat(view.withoutFence()).containsExactly("b");
    }

    private static HostPool pool(String host, String name, PoolFencing fencing) {
        return new HostPool(host, name, PoolKind.SHARED, fencing, "/" + name, 1, 1, "");
    }

    private static VmRecord vm(String name, String host, String pool, boolean readOnly) {
        VmSpec plain = new VmSpec(name, 64 << 20, 1, "/probe.elf", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        DiskSpec disk = new DiskSpec(new VolumeRef(pool, name + ".raw"), readOnly, CacheMode.WRITEBACK, 1);
        return new VmRecord(
                "id-" + name,
                plain.with(List.of(disk), plain.nics(), plain.slots()),
                new HostIdentity(host, "1"),
                1,
                DesiredState.STOPPED,
                null,
                null);
    }
}
