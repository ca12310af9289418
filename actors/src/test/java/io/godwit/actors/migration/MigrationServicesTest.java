package io.godwit.actors.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.MigrationParameters;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.migration.convergence.SwitchoverCost;
import io.godwit.transport.StreamEndpoint;
import io.godwit.transport.driver.DriverSettings;
import io.godwit.transport.driver.NetworkPath;
import io.godwit.transport.stream.PageTransport;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.UUID;
import java.util.function.ToIntFunction;
import org.junit.jupiter.api.Test;

class MigrationServicesTest {
    private static final String MIGRATION = UUID.randomUUID().toString();
    private static final int MAX_LANES = 3;

    @Test
    void shouldSendJumboFramesOnlyOverALinkThatIsSaidToCarryThem() {
        assertThat(mtu(true, "192.0.2.7")).isEqualTo(NetworkPath.JUMBO_MTU);
        assertThat(mtu(true, "127.0.0.1")).isZero();
        assertThat(mtu(false, "192.0.2.7")).isZero();
    }

    @Test
    void shouldOpenAsManyLanesAsTheSourceAsksForOrThisHostGives() {
        assertThat(lanes(1)).isEqualTo(1);
        assertThat(lanes(MAX_LANES)).isEqualTo(MAX_LANES);
        assertThat(lanes(16)).isEqualTo(MAX_LANES);
    }

    /** Of the settings only: nothing is opened. */
    private static int lanes(int asked) {
        return with(services -> services.incoming(MIGRATION, asked, null).lanes(), false);
    }

    /** Of the settings only: nothing is sent. 192.0.2.0/24 is for documentation (RFC 5737). */
    private static int mtu(boolean jumboFrames, String host) {
        return with(
                services -> services.outgoing(MIGRATION, List.of(new StreamEndpoint(host, 4000, 1, 1)), null)
                        .mtuLength(),
                jumboFrames);
    }

    private static int with(ToIntFunction<MigrationServices> question, boolean jumboFrames) {
        Path directory =
                Path.of("/dev/shm/godwit-mtu-" + ProcessHandle.current().pid());
        try (PageTransport transport = PageTransport.start(DriverSettings.in(directory))) {
            return question.applyAsInt(new MigrationServices(
                    transport,
                    "127.0.0.1",
                    jumboFrames,
                    MAX_LANES,
                    Duration.ofSeconds(5),
                    MigrationParameters.NONE,
                    SwitchoverTimers.DEFAULT,
                    new SwitchoverCost(),
                    MigrationSecurity.NONE));
        }
    }
}
