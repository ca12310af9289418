package io.godwit.kvm.linux;

import java.nio.charset.StandardCharsets;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * One queue of a tap device: a network interface of the host whose other end is this descriptor (the kernel's
 * Documentation/networking/tuntap.rst). Each datagram begins with a virtio network header of 12 bytes, by which both
 * ends leave checksums and segmentation to each other. The interface goes when its last queue is closed.
 */
public final class Tap implements AutoCloseable {
    /** IFNAMSIZ of linux/if.h, less the NUL. */
    public static final int MAX_NAME_BYTES = 15;

    public static final int HEADER_BYTES = 12;

    /** What the other end may be left with (TUN_F_* of linux/if_tun.h). */
    public static final int OFFLOAD_CHECKSUM = 0x01;

    public static final int OFFLOAD_TSO4 = 0x02;
    public static final int OFFLOAD_TSO6 = 0x04;
    public static final int OFFLOAD_ECN = 0x08;

    private static final String DEVICE = "/dev/net/tun";
    private static final long TUNSETIFF = 0x400454caL;
    private static final long TUNSETOFFLOAD = 0x400454d0L;
    private static final long TUNSETVNETHDRSZ = 0x400454d8L;
    private static final long TUNSETQUEUE = 0x400454d9L;
    private static final int IFF_TAP = 0x0002;
    private static final int IFF_MULTI_QUEUE = 0x0100;
    private static final int IFF_ATTACH_QUEUE = 0x0200;
    private static final int IFF_DETACH_QUEUE = 0x0400;
    private static final int IFF_NO_PI = 0x1000;
    private static final int IFF_VNET_HDR = 0x4000;
    private static final int O_RDWR = 2;
    private static final int O_NONBLOCK = 0x800;
    private static final int O_CLOEXEC = 0x80000;
    private static final int REQUEST_BYTES = 40; // struct ifreq: name, then a union
    private static final int REQUEST_VALUE = 16;

    private final FileDescriptor file;
    private final String name;

    private Tap(FileDescriptor file, String name) {
        this.file = file;
        this.name = name;
    }

    /**
     * Opens a queue of an interface, which is made if it is not there.
     *
     * @param name of the interface, at most {@value #MAX_NAME_BYTES} bytes
     * @param several whether it has, or will have, more than one queue
     */
    public static Tap open(String name, boolean several) {
        int fd = LibC.INSTANCE.open(DEVICE, O_RDWR | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0) {
            throw new SystemCallException("open", LibC.errno(), DEVICE);
        }
        FileDescriptor file = new FileDescriptor(fd, "tap " + name);
        try {
            UnsafeBuffer request = request(name);
            int flags = IFF_TAP | IFF_NO_PI | IFF_VNET_HDR | (several ? IFF_MULTI_QUEUE : 0);
            request.putShort(REQUEST_VALUE, (short) flags);
            check("TUNSETIFF", file.ioctl(TUNSETIFF, request), file);
            UnsafeBuffer header = NativeBuffers.allocate(Integer.BYTES);
            header.putInt(0, HEADER_BYTES);
            check("TUNSETVNETHDRSZ", file.ioctl(TUNSETVNETHDRSZ, header), file);
            return new Tap(file, name);
        } catch (RuntimeException failed) {
            file.close();
            throw failed;
        }
    }

    static UnsafeBuffer request(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.US_ASCII);
        if (bytes.length == 0 || bytes.length > MAX_NAME_BYTES) {
            throw new IllegalArgumentException("interface name \"" + name + "\" of " + bytes.length
                    + " bytes; accepted are 1 to " + MAX_NAME_BYTES);
        }
        UnsafeBuffer request = NativeBuffers.allocate(REQUEST_BYTES);
        request.putBytes(0, bytes);
        return request;
    }

    public String name() {
        return name;
    }

    public FileDescriptor file() {
        return file;
    }

    /** Says what the guest takes unfinished: OR of the {@code OFFLOAD_} bits. */
    public void offloads(int bits) {
        check("TUNSETOFFLOAD", file.ioctl(TUNSETOFFLOAD, bits), file);
    }

    /** Whether the kernel hands datagrams to this queue; only with several. */
    public void attached(boolean now) {
        UnsafeBuffer request = request(name);
        request.putShort(REQUEST_VALUE, (short) (now ? IFF_ATTACH_QUEUE : IFF_DETACH_QUEUE));
        check("TUNSETQUEUE", file.ioctl(TUNSETQUEUE, request), file);
    }

    private static void check(String call, int result, FileDescriptor file) {
        if (result < 0) {
            throw new SystemCallException(call, -result, file.name());
        }
    }

    /** Idempotent. */
    @Override
    public void close() {
        file.close();
    }
}
