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
        try (MediaDriverPool pool = MediaDriverPool.start(DriverSettings.in(parent.resolve("godwit-a")))) {
            final long freeBytes = Files.getFileStore(parent).getUsableSpace();
            final int term = 1 << 30;
            final int lanes = (int) (freeBytes / (3L * term)) * 2 / 3 + 1; // twice is too much, once is not
            final StreamRoom room = pool.room(term, lanes);
            try (DriverLease first = pool.lease(0, 1, room);
                    DriverLease second = pool.lease(0, 1, room)) {
                assertThat(first.death()).isNull();
                assertThat(second.death()).as("one stream asks once").isNull();
                assertThatThrownBy(() -> pool.lease(0, 1, pool.room(term, lanes)))
                        .isInstanceOf(StreamException.class)
                        .hasMessageContaining("on " + lanes + " lane(s)");
                room.close();
                try (StreamRoom again = pool.room(term, lanes)) {
                    pool.lease(0, 1, again).close();
                }
            }
            try (StreamRoom last = pool.room(term, lanes)) {
                pool.lease(0, 1, last).close();
            }
            assertThat(pool.status().openStreams()).isZero();
        }
    }

    @Test
    void shouldGiveBackALanesRoomAsSoonAsItsBuffersExist() throws Exception {
        try (MediaDriverPool pool = MediaDriverPool.start(DriverSettings.in(parent.resolve("godwit-a")))) {
            final long freeBytes = Files.getFileStore(parent).getUsableSpace();
            final int term = 1 << 30;
            final int lanes = (int) (freeBytes / (3L * term)); // all there is
            try (StreamRoom room = pool.room(term, lanes);
                    StreamRoom other = pool.room(term, 1);
                    DriverLease lane = pool.lease(0, 1, room)) {
                assertThatThrownBy(() -> pool.lease(0, 1, other)).hasMessageContaining("bytes free");
                lane.buffersAllocated();
                lane.buffersAllocated();
                pool.lease(0, 1, other).close();
            }
        }
    }

    @Test
    void shouldRefuseStreamsOnceClosed() {
        final MediaDriverPool pool = MediaDriverPool.start(DriverSettings.in(parent.resolve("godwit-a")));
        assertThat(pool.status()).isEqualTo(new DriverStatus(true, 1, 1, 0, ""));
        pool.close();
        pool.close();
        assertThat(pool.status().running()).isFalse();
        assertThatThrownBy(() -> pool.lease(0, 1, pool.room(65_536, 1)))
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
