package io.godwit.transport.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.transport.StreamException;
import io.godwit.transport.StreamFailure.Refused;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class MediaDriverOwnerTest {
    @TempDir
    Path parent;

    @Test
    void shouldCountWhatIsAdmittedButNotYetAllocated() throws Exception {
        try (MediaDriverOwner owner = MediaDriverOwner.start(DriverSettings.in(parent.resolve("godwit-a")))) {
            final long freeBytes = Files.getFileStore(parent).getUsableSpace();
            final int term = 1 << 30;
            final int lanes = (int) (freeBytes / (3L * term)) * 2 / 3 + 1; // twice is too much, once is not
            try (DriverLease first = owner.lease(term, lanes)) {
                assertThat(first.death()).isNull();
                assertThatThrownBy(() -> owner.lease(term, lanes))
                        .isInstanceOf(StreamException.class)
                        .hasMessageContaining("on " + lanes + " lane(s)");
                first.buffersAllocated();
                owner.lease(term, lanes).close();
            }
            owner.lease(term, lanes).close();
            assertThat(owner.status().openStreams()).isZero();
        }
    }

    @Test
    void shouldRefuseStreamsOnceClosed() {
        final MediaDriverOwner owner = MediaDriverOwner.start(DriverSettings.in(parent.resolve("godwit-a")));
        assertThat(owner.status()).isEqualTo(new DriverStatus(true, 1, 0, ""));
        owner.close();
        owner.close();
        assertThat(owner.status().running()).isFalse();
        assertThatThrownBy(() -> owner.lease(65_536, 1))
                .isInstanceOfSatisfying(
                        StreamException.class,
                        refused -> assertThat(refused.failure()).isInstanceOf(Refused.class));
        assertThat(parent).isEmptyDirectory();
    }

    @Test
    void shouldNameSettingsThatMakeNoSense() {
        final DriverSettings sound = DriverSettings.in(parent);
        assertThatThrownBy(() -> sound.withPorts(5000, 4000)).hasMessageContaining("ports 5000 to 4000");
        assertThatThrownBy(() -> sound.withPorts(0, 70_000)).hasMessageContaining("within 1 to 65535");
        assertThatThrownBy(() -> sound.withPeerLiveness(Duration.ofMillis(10))).hasMessageContaining("10 ms");
    }
}
