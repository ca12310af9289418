package io.godwit.integration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.integration.harness.Checkout;
import io.godwit.integration.harness.Cli;
import io.godwit.integration.harness.Host;
import io.godwit.integration.harness.Host.Jdk;
import io.godwit.integration.harness.LogsOnFailure;
import io.godwit.integration.harness.NodeSettings;
import io.godwit.integration.harness.TestCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.extension.ExtendWith;

/** A node writes down what it used while a VM moved around; a later one starts from that. */
@ExtendWith(LogsOnFailure.class)
@Timeout(value = 6, unit = TimeUnit.MINUTES)
@Tag("slow")
class TrainingIT {
    private static final int LEARNS_SINCE = 25;
    private static final Duration LIMIT = Duration.ofMinutes(4);

    @Test
    void shouldLeaveWhatALaterNodeStartsFrom() throws IOException {
        List<Jdk> jdks = Host.jdks();
        Jdk newest = jdks.get(jdks.size() - 1);
        assumeTrue(newest.feature() >= LEARNS_SINCE, "skipped: needs a JDK 25 or newer");
        Map<String, String> environment = Map.of("JAVA_HOME", newest.home().toString());

        // Begun with the first node of this JVM, if that was started on the newest JDK too.
        Cli.Result training = Cli.run(environment, LIMIT, "train");

        assertThat(training.exitCode()).as(training.output()).isZero();
        assertThat(Cli.run(environment, LIMIT, "train").output()).isEqualTo("godwit: trained already\n");
        try (Stream<Path> built = Files.list(Checkout.root().resolve("node/target"))) {
            assertThat(built.map(file -> file.getFileName().toString()).filter(name -> name.contains(".aot")))
                    .as("caches, and nothing unfinished")
                    .isNotEmpty()
                    .allMatch(name -> name.endsWith(".aot"));
        }
        NodeSettings pickyAboutIt = NodeSettings.USUAL
                .withEnvironment(environment)
                .withEnvironment(Map.of("GODWIT_JAVA_OPTS", "-XX:AOTMode=on"));
        TestCluster.three(name -> pickyAboutIt).close();
    }
}
