package io.godwit.transport.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class NetworkPathTest {
    @Test
    void shouldUseLargestDatagramsWithinTheHostOnly() throws Exception {
        assertThat(NetworkPath.to(new InetSocketAddress("127.0.0.1", 1)))
                .isEqualTo(new NetworkPath(NetworkPath.LOOPBACK_MTU, 0));
        assertThat(NetworkPath.to(new InetSocketAddress(InetAddress.getByName("203.0.113.7"), 1))
                        .mtuLength())
                .isEqualTo(NetworkPath.ETHERNET_MTU);
    }

    @ParameterizedTest
    @ValueSource(ints = {NetworkPath.LOOPBACK_MTU, NetworkPath.JUMBO_MTU, NetworkPath.ETHERNET_MTU})
    void shouldNeverNeedIpFragments(final int mtu) {
        assertThat(mtu % 32).isZero();
        assertThat(mtu + 28).isIn(65_532, 8_988, 1_500);
    }

    @ParameterizedTest
    @ValueSource(strings = {"host-a", "localhost", "300.1.1.1", "1.2.3", "", "::zz"})
    void shouldAskNoNameServer(final String host) {
        assertThatThrownBy(() -> NetworkPath.literal(host))
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("\"" + host + "\": an IPv4 or IPv6 address literal is expected");
    }
}
