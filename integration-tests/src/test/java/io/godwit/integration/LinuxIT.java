package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.ChildProcess;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LineFollower;
import io.godwit.integration.harness.LinuxGuest;
import io.godwit.integration.harness.LinuxVm;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.Ping;
import io.godwit.integration.harness.TestBridge;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNode;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A Linux with its own virtio drivers, which boots from a disk, answers in the network, moves, and shuts down. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 25, unit = TimeUnit.MINUTES)
@Tag("slow")
class LinuxIT {
    private static final Duration BOOT_LIMIT = Duration.ofMinutes(8);
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final int MOVES = 20;
    private static final long EXTRA_BYTES = 4 << 20;
    /** Beside those to requests of its downtime. */
    private static final int MOST_LOST = 1;

    private LinuxGuest linux;
    private Path image;
    private TestBridge bridge;
    private TestCluster cluster;

    @BeforeEach
    void startCluster() throws IOException {
        Host.assumeKvm();
        Host.assumeNetworkNamespaces();
        Host.assumePing();
        linux = LinuxGuest.assumeBuilt();
        bridge = TestBridge.make();
        Path pool = Files.createDirectories(Checkout.scratch("pool").resolve("shared"));
        image = Files.copy(linux.image(), pool.resolve("root.raw"));
        String pools = "[ { name = shared, path = \"%s\", kind = shared } ]".formatted(pool);
        cluster = TestCluster.three(
                name -> NodeSettings.USUAL.with("storage.pools", pools).with("network.networks", bridge.networks()));
    }

    @AfterEach
    void endCluster() {
        if (cluster != null) {
            cluster.close();
        }
        if (bridge != null) {
            bridge.close();
        }
    }

    private LinuxVm boot() {
        LinuxVm vm = LinuxVm.start(cluster.alpha(), linux, "shared/root.raw", bridge.guestAddress());
        vm.awaitSerial("Run /sbin/init as init process", BOOT_LIMIT);
        return vm;
    }

    @Test
    void shouldBootFromItsDiskAndAnswerInItsNetwork() {
        LinuxVm vm = boot();
        assertThat(vm.serial())
                .contains("VFS: Mounted root (ext4 filesystem)")
                .doesNotContain("Call Trace")
                .doesNotContain("EXT4-fs error");
        try (Ping ping = Ping.start(bridge.guestAddress(), LIMIT)) {
            ping.awaitReplies(20, LIMIT);
        }
    }

    @Test
    void shouldShutDownWhenItsPowerButtonIsPressed() throws Exception {
        LinuxVm vm = boot();
        vm.awaitBlocksWritten();
        vm.powerDown();
        assertThat(vm.view().path("guestAct").path("kind").asText()).isEqualTo("power-off");
        checkFileSystem();
    }

    @Test
    void shouldUseADiskThatComesWhileItRunsAndLetItGo() throws Exception {
        Path extra = image.resolveSibling("extra.raw");
        try (RandomAccessFile file = new RandomAccessFile(extra.toFile(), "rw")) {
            file.setLength(EXTRA_BYTES);
        }
        LinuxVm vm = boot();
        for (int time = 1; time <= 2; time++) {
            vm.attach("shared/extra.raw");
            vm.awaitSerial("init: vdb works", time, LIMIT);
            vm.detach("disk/1");
            vm.awaitSerial("init: vdb is gone", time, LIMIT);
        }
        assertThat(vm.serial())
                .contains("[vdb] " + EXTRA_BYTES / 512 + " 512-byte logical blocks")
                .doesNotContain("init: vdb fails")
                .doesNotContain("Call Trace");
    }

    @Test
    void shouldKeepAnsweringAndItsFilesWholeWhileItMoves() throws Exception {
        LinuxVm vm = boot();
        List<String> lost = new ArrayList<>();
        try (LineFollower serial = LineFollower.serial(cluster.gamma(), vm.name());
                Ping ping = Ping.start(bridge.guestAddress(), LIMIT)) {
            List<TestNode> ends = List.of(cluster.alpha(), cluster.beta());
            for (int move = 1; move <= MOVES; move++) {
                int first = ping.replies().last();
                JsonNode end = vm.move(ends.get((move + 1) % 2), ends.get(move % 2));
                ping.awaitReplies(10, LIMIT);
                List<Integer> unanswered = ping.lostFrom(first);
                System.out.printf("move %d: down for %s ms, lost %s%n", move, end.path("downtimeMs"), unanswered);
                if (unanswered.size() > MOST_LOST + end.path("downtimeMs").asLong() / Ping.INTERVAL_MS) {
                    lost.add("move " + move + ": " + unanswered);
                }
                vm.awaitBlocksWritten();
            }
        }
        assertThat(lost)
                .as("moves that lost more than %d replies beside those to requests of their downtime", MOST_LOST)
                .isEmpty();
        assertThat(vm.serial())
                .doesNotContain("Call Trace")
                .doesNotContain("EXT4-fs error")
                .doesNotContain("errors 1");
        vm.stop();
        checkFileSystem();
    }

    /** Journal and counters as the next boot would bring them up, where that needs no repair; then all of it has to be right. */
    private void checkFileSystem() throws Exception {
        assertThat(fsck("-p"))
                .as("exit code of fsck.ext4 -p: 1 is a replayed journal")
                .isLessThanOrEqualTo(1);
        assertThat(fsck("-n")).as("exit code of fsck.ext4 -n").isZero();
    }

    /** It waits out the guard against being mounted twice first: most of a minute. */
    private int fsck(String option) throws Exception {
        Path output = Checkout.scratch("fsck").resolve("output.txt");
        Process check = ChildProcess.start(List.of("fsck.ext4", "-f", option, image.toString()), Map.of(), output);
        within(BOOT_LIMIT, "fsck.ext4 ends", () -> !check.isAlive());
        System.out.println(Files.readString(output));
        return check.exitValue();
    }
}
