package io.godwit.kvm.linux;

import org.agrona.concurrent.UnsafeBuffer;

/** Network interfaces of this process's namespace (netdevice(7)): up and down, their address, and in which bridge. */
public final class NetworkLink {
    private static final long SIOCGIFFLAGS = 0x8913;
    private static final long SIOCSIFFLAGS = 0x8914;
    private static final long SIOCGIFMTU = 0x8921;
    private static final long SIOCSIFHWADDR = 0x8924;
    private static final long SIOCGIFINDEX = 0x8933;
    private static final long SIOCBRADDIF = 0x89a2;
    private static final int AF_INET = 2;
    private static final int SOCK_DGRAM_CLOEXEC = 0x80002;
    private static final int IFF_UP = 1;
    private static final short ARPHRD_ETHER = 1;
    private static final int VALUE = 16;
    private static final int ADDRESS = VALUE + 2; // struct sockaddr: family u16, then the address
    private static final int ADDRESS_BYTES = 6;

    private NetworkLink() {}

    public static void up(String name) {
        setUp(name, true);
    }

    public static void down(String name) {
        setUp(name, false);
    }

    private static void setUp(String name, boolean up) {
        UnsafeBuffer request = Tap.request(name);
        call("SIOCGIFFLAGS", SIOCGIFFLAGS, request, name);
        int flags = request.getShort(VALUE);
        request.putShort(VALUE, (short) (up ? flags | IFF_UP : flags & ~IFF_UP));
        call("SIOCSIFFLAGS", SIOCSIFFLAGS, request, name);
    }

    /** Gives an Ethernet interface an address, of six bytes. */
    public static void address(String name, byte[] address) {
        if (address.length != ADDRESS_BYTES) {
            throw new IllegalArgumentException(
                    name + ": an address of " + address.length + " bytes; expected are " + ADDRESS_BYTES);
        }
        UnsafeBuffer request = Tap.request(name);
        request.putShort(VALUE, ARPHRD_ETHER);
        request.putBytes(ADDRESS, address);
        call("SIOCSIFHWADDR", SIOCSIFHWADDR, request, name);
    }

    /** Largest packet behind the Ethernet header, in bytes. */
    public static int mtu(String name) {
        UnsafeBuffer request = Tap.request(name);
        call("SIOCGIFMTU", SIOCGIFMTU, request, name);
        return request.getInt(VALUE);
    }

    /** Puts an interface into a bridge. */
    public static void join(String name, String bridge) {
        UnsafeBuffer request = Tap.request(name);
        call("SIOCGIFINDEX", SIOCGIFINDEX, request, name);
        int index = request.getInt(VALUE);
        UnsafeBuffer joining = Tap.request(bridge);
        joining.putInt(VALUE, index);
        call("SIOCBRADDIF", SIOCBRADDIF, joining, name + " into " + bridge);
    }

    private static void call(String name, long number, UnsafeBuffer request, String what) {
        int fd = LibC.INSTANCE.socket(AF_INET, SOCK_DGRAM_CLOEXEC, 0);
        if (fd < 0) {
            throw new SystemCallException("socket", LibC.errno(), what);
        }
        try (FileDescriptor socket = new FileDescriptor(fd, "socket for " + what)) {
            int result = socket.ioctl(number, request);
            if (result < 0) {
                throw new SystemCallException(name, -result, what);
            }
        }
    }
}
