package io.godwit.transport.driver;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.net.UnknownHostException;
import java.nio.channels.DatagramChannel;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * What the way to a peer allows: datagrams that are never cut up by IP, and a rate that leaves the cluster's
 * heartbeats their share.
 *
 * @param mtuLength Aeron's MTU, which is the UDP payload: a multiple of 32, at most the link's MTU less 28
 * @param rateCapBytesPerSecond 80 % of the link's speed, 0 for none (loopback, or the speed is unknown)
 */
public record NetworkPath(int mtuLength, long rateCapBytesPerSecond) {
    public static final int LOOPBACK_MTU = 65_504;
    public static final int JUMBO_MTU = 8_960;
    public static final int ETHERNET_MTU = 1_472;

    private static final String OCTET = "(25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)";
    private static final Pattern IPV4 = Pattern.compile(OCTET + "(\\." + OCTET + "){3}");
    private static final Path INTERFACES = Path.of("/sys/class/net");
    private static final long BYTES_PER_SECOND_PER_MEGABIT = 125_000;

    public static NetworkPath to(final InetSocketAddress peer) {
        if (staysOnThisHost(peer.getAddress())) {
            return new NetworkPath(LOOPBACK_MTU, 0);
        }
        return new NetworkPath(ETHERNET_MTU, linkSpeedTowards(peer) * 8 / 10);
    }

    /** Whether the kernel delivers to this address over {@code lo}: loopback, or an address of this host. */
    public static boolean staysOnThisHost(final InetAddress address) {
        try {
            return address.isLoopbackAddress() || NetworkInterface.getByInetAddress(address) != null;
        } catch (final SocketException unknown) {
            return false;
        }
    }

    /** @param host an address literal, so that nothing is asked of a name server */
    public static InetAddress literal(final String host) {
        final boolean looksLiteral =
                host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
        try {
            if (looksLiteral) {
                return InetAddress.getByName(host);
            }
        } catch (final UnknownHostException malformed) {
            throw new IllegalArgumentException(expectedLiteral(host), malformed);
        }
        throw new IllegalArgumentException(expectedLiteral(host));
    }

    private static String expectedLiteral(final String host) {
        return "address \"" + host + "\": an IPv4 or IPv6 address literal is expected";
    }

    private static long linkSpeedTowards(final InetSocketAddress peer) {
        try (DatagramChannel probe = DatagramChannel.open()) {
            probe.connect(peer); // chooses a route, sends nothing
            final InetAddress local = ((InetSocketAddress) probe.getLocalAddress()).getAddress();
            final NetworkInterface link = NetworkInterface.getByInetAddress(local);
            if (link == null) {
                return 0;
            }
            final Path speed = INTERFACES.resolve(link.getName()).resolve("speed");
            final long megabits = KernelFile.number(speed).orElse(0); // virtual links have no speed
            return Math.max(0, megabits) * BYTES_PER_SECOND_PER_MEGABIT;
        } catch (final IOException noRoute) {
            return 0;
        }
    }
}
