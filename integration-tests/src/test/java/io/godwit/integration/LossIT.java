package io.godwit.integration;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.aeron.CncFileDescriptor;
import io.aeron.driver.status.SystemCounterDescriptor;
import io.godwit.integration.harness.Figures;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.Migration;
import io.godwit.integration.harness.ProbeVm;
import io.godwit.integration.harness.ProbeVm.Shape;
import io.godwit.integration.harness.TestCluster;
import io.godwit.integration.harness.TestNetwork;
import io.godwit.integration.harness.TestNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.agrona.DirectBuffer;
import org.agrona.concurrent.status.CountersReader;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** Packets are lost on their way, and sent again. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
class LossIT {
    private static final Duration LIMIT = Duration.ofSeconds(180);

    /** Aeron's own way to lose what it sends, chosen by chance. */
    private static final String ONE_IN_A_THOUSAND =
            "-Daeron.SendChannelEndpoint.supplier=io.aeron.driver.ext.DebugSendChannelEndpointSupplier"
                    + " -Daeron.debug.send.data.loss.rate=0.001";

    @Test
    @Tag("bars")
    void shouldArriveWholeWhereOnePacketInAThousandIsLost() {
        Host.assumeKvm();
        Host.assumeNetworkNamespaces();
        try (TestNetwork network = TestNetwork.of("alpha", "beta", "gamma");
                TestCluster cluster = TestCluster.three(name ->
                        network.settings(name).withEnvironment(Map.of("GODWIT_JAVA_OPTS", ONE_IN_A_THOUSAND)))) {
            ProbeVm vm =
                    ProbeVm.start(cluster, cluster.alpha(), Shape.of("lossy", "256MiB", "wss=32 rate=20 fill=128"));

            Migration migration = vm.migrateTo(cluster.beta(), Map.of("verify", "at-pause"));
            // Its drivers, and what they counted, end with it.
            within(LIMIT, "packets are sent again", () -> sentAgain(cluster.alpha()) > 0);
            JsonNode ended = migration.awaitCompleted(LIMIT);

            Figures.report(
                    "0.1 %% loss at MTU 1500: 256 MiB, 128 of them filled, in %d ms, down %d ms",
                    ended.path("totalMs").asLong(), ended.path("downtimeMs").asLong());
            assertThat(ended.path("verified").asBoolean()).isTrue();
            vm.assertHealthyAt(cluster.beta());
        }
    }

    /** What the media drivers of a node count as retransmitted. */
    private static long sentAgain(TestNode node) {
        long sum = 0;
        for (Path file : counterFiles(node)) {
            try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
                MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size());
                DirectBuffer layout = CncFileDescriptor.createMetaDataBuffer(mapped);
                CountersReader counters = new CountersReader(
                        CncFileDescriptor.createCountersMetaDataBuffer(mapped, layout),
                        CncFileDescriptor.createCountersValuesBuffer(mapped, layout));
                sum += counters.getCounterValue(SystemCounterDescriptor.RETRANSMITS_SENT.id());
            } catch (IOException gone) {
                // Its driver has just ended.
            }
        }
        return sum;
    }

    private static List<Path> counterFiles(TestNode node) {
        try (Stream<String> mappings = Files.lines(Path.of("/proc", Long.toString(node.pid()), "maps"))) {
            return mappings.filter(line -> line.endsWith("/" + CncFileDescriptor.CNC_FILE))
                    .map(line -> Path.of(line.substring(line.indexOf('/'))))
                    .distinct()
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
