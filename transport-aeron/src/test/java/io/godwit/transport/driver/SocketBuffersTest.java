package io.godwit.transport.driver;

import static org.assertj.core.api.Assertions.assertThat;

import java.net.StandardSocketOptions;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SocketBuffersTest {
    @TempDir
    Path sysctl;

    @Test
    void shouldAskForNoMoreThanTheKernelGrants() throws Exception {
        final SocketBuffers granted = SocketBuffers.granted();
        try (DatagramChannel channel = DatagramChannel.open()) {
            channel.setOption(StandardSocketOptions.SO_RCVBUF, granted.receiveBytes());
            channel.setOption(StandardSocketOptions.SO_SNDBUF, granted.sendBytes());
            assertThat(channel.getOption(StandardSocketOptions.SO_RCVBUF))
                    .isGreaterThanOrEqualTo(granted.receiveBytes());
            assertThat(channel.getOption(StandardSocketOptions.SO_SNDBUF)).isGreaterThanOrEqualTo(granted.sendBytes());
            assertThat(granted.initialWindowBytes()).isLessThanOrEqualTo(granted.receiveBytes());
            assertThat(granted.sendBytes()).isGreaterThanOrEqualTo(NetworkPath.LOOPBACK_MTU);
        }
    }

    @Test
    void shouldClipAtTheKernelsMaximum() throws Exception {
        Files.writeString(sysctl.resolve("rmem_max"), "212992\n");
        Files.writeString(sysctl.resolve("wmem_max"), "999999999\n");
        assertThat(SocketBuffers.granted(sysctl)).isEqualTo(new SocketBuffers(212_992, 4 * 1024 * 1024));
    }

    @Test
    void shouldTakeTheKernelsDefaultWhereItCannotBeRead() throws Exception {
        Files.writeString(sysctl.resolve("rmem_max"), "many\n");
        assertThat(SocketBuffers.granted(sysctl)).isEqualTo(new SocketBuffers(212_992, 212_992));
    }
}
