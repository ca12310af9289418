package io.godwit.node.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.node.api.PoolInfo;
import io.godwit.node.api.VolumeInfo;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Commands and flags for disks, networks, other devices, pools and volumes. */
class StorageCliTest extends CliHarness {
    @Test
    void shouldCreateAVmWithDisksNetworksAndDevices() {
        queue(201, vm("db", "stopped"));

        int code = run(
                "vm",
                "create",
                "db",
                "--memory=1GiB",
                "--kernel=/k",
                "--disk=fast/root.raw,cache=none,queues=4",
                "--disk=fast/seed.iso,ro",
                "--nic=lan,mac=02:00:00:00:00:01,queues=2",
                "--nic=dmz",
                "--device=rng",
                "--device=balloon",
                api());

        assertThat(code).as(err).isZero();
        assertThat(requests.get(0))
                .contains("\"disks\":[{\"volume\":\"fast/root.raw\",\"cache\":\"none\",\"queues\":4},"
                        + "{\"volume\":\"fast/seed.iso\",\"readOnly\":true}]")
                .contains("\"nics\":[{\"network\":\"lan\",\"mac\":\"02:00:00:00:00:01\",\"queues\":2},"
                        + "{\"network\":\"dmz\"}]")
                .contains("\"devices\":[\"rng\",\"balloon\"]");
    }

    @Test
    void shouldRefuseADiskOrNicWithPartsThatItHasNot() {
        for (String flag : List.of(
                "--disk=a/b,rw",
                "--disk=a/b,ro,ro",
                "--disk=a/b,queues=x",
                "--disk=a/b,ro=1",
                "--nic=lan,cache=none")) {
            assertThat(run("vm", "create", "db", "--memory=1GiB", "--kernel=/k", flag, api()))
                    .isEqualTo(ExitCodes.USAGE);
            assertThat(err).contains(flag.substring(flag.indexOf('=') + 1)).contains("expected");
        }
        assertThat(requests).isEmpty();
    }

    @Test
    void shouldShowTheDevicesOfAVm() {
        queue(200, vm("db", "running"));

        assertThat(run("vm", "show", "db", api())).isZero();
        assertThat(out)
                .contains("fast/root.raw,ro,cache=none,queues=4")
                .contains("lan,mac=02:00:00:00:00:01,queues=2")
                .contains("rng,balloon");
    }

    @Test
    void shouldAttachAndDetachDevices() {
        for (int i = 0; i < 5; i++) {
            queue(200, vm("db", "running"));
        }

        assertThat(run("vm", "disk", "attach", "db", "fast/a,ro,queues=2", api()))
                .as(err)
                .isZero();
        assertThat(out).contains("disk/0").contains("slot 1: fast/root.raw");
        assertThat(run("vm", "nic", "attach", "db", "lan,mac=02:00:00:00:00:09", api()))
                .as(err)
                .isZero();
        assertThat(run("vm", "disk", "detach", "db", "disk/1", api())).as(err).isZero();
        assertThat(out).contains("VM db has no disk/1 any more");
        assertThat(run("vm", "nic", "detach", "db", "2", "--force", api()))
                .as(err)
                .isZero();
        assertThat(requests)
                .containsExactly(
                        "POST /v1/vms/db/disks {\"volume\":\"fast/a\",\"readOnly\":true,\"queues\":2}",
                        "POST /v1/vms/db/nics {\"network\":\"lan\",\"mac\":\"02:00:00:00:00:09\"}",
                        "DELETE /v1/vms/db/disks/1",
                        "DELETE /v1/vms/db/nics/2?force=true");
        assertThat(run("vm", "disk", "attach", "db", "fast/a,rw", api())).isEqualTo(ExitCodes.USAGE);
    }

    @Test
    void shouldListPoolsAndVolumes() {
        queue(
                200,
                List.of(new PoolInfo(
                        "alpha", "fast", "shared", "trust-permit", "/pools/fast", 8L << 30, 2L << 30, "")));
        queue(200, List.of(new VolumeInfo("san", "db.raw", "shared", 10L << 30, List.of("alpha", "beta"))));

        assertThat(run("pool", "list", api())).isZero();
        assertThat(out).contains("fast", "alpha", "shared", "trust-permit", "/pools/fast");
        assertThat(run("volume", "list", api())).isZero();
        assertThat(out).contains("san/db.raw", "10GiB", "alpha,beta");
        assertThat(requests).containsExactly("GET /v1/pools", "GET /v1/volumes");
    }

    @Test
    void shouldMakeResizeAndDeleteVolumes(@TempDir Path directory) throws Exception {
        VolumeInfo volume = new VolumeInfo("fast", "a", "local", 1 << 20, List.of("alpha"));
        for (int i = 0; i < 5; i++) {
            queue(200, volume);
        }
        Path userData = Files.writeString(directory.resolve("user-data"), "#cloud-config");

        assertThat(run("volume", "create", "fast/a", "--size=1MiB", "--host=alpha", api()))
                .as(err)
                .isZero();
        assertThat(out).contains("fast/a on alpha is made, of 1MiB");
        assertThat(run("volume", "import", "fast/a", "/i", "--format=qcow2", api()))
                .as(err)
                .isZero();
        assertThat(run("volume", "seed", "fast/a", "--user-data=" + userData, api()))
                .as(err)
                .isZero();
        assertThat(run("volume", "resize", "fast/a", "2MiB", "--json", api()))
                .as(err)
                .isZero();
        assertThat(out).startsWith("{\"pool\":\"fast\"");
        assertThat(run("volume", "delete", "fast/a", "--host=alpha", api()))
                .as(err)
                .isZero();
        assertThat(requests.subList(0, 3))
                .containsExactly(
                        "POST /v1/volumes {\"pool\":\"fast\",\"name\":\"a\",\"host\":\"alpha\",\"size\":\"1MiB\"}",
                        "POST /v1/volumes {\"pool\":\"fast\",\"name\":\"a\",\"import\":\"/i\",\"format\":\"qcow2\"}",
                        "POST /v1/volumes {\"pool\":\"fast\",\"name\":\"a\",\"userData\":\"#cloud-config\"}");
        assertThat(requests.get(3))
                .startsWith("POST /v1/volumes/fast/a/resize {")
                .contains("\"size\":\"2MiB\"");
        assertThat(requests.get(4)).isEqualTo("DELETE /v1/volumes/fast/a?host=alpha");
    }
}
