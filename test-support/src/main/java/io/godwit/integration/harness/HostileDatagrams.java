package io.godwit.integration.harness;

import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Throws datagrams at every port where a node takes pages: noise, and frames that look like Aeron's (SETUP, DATA, STATUS,
 * NAK, RTT, resolution) with lengths, terms and sessions out of range.
 */
public final class HostileDatagrams implements AutoCloseable {
    private static final int[] AERON_TYPES = {0, 1, 2, 3, 4, 5, 6, 7, 8, 0xffff};
    private static final int[] EXTREMES = {0, -1, 1, 31, 32, Integer.MIN_VALUE, Integer.MAX_VALUE, 1 << 30, 0x7fff_ffe0
    };
    private static final int MOST_BYTES = 1_500;
    private static final int BURST = 50;

    private final TestNode target;
    private final Random random;
    private final DatagramSocket socket;
    private final AtomicLong sent = new AtomicLong();
    private final Thread thrower = new Thread(this::run, "godwit-it-hostile");

    private HostileDatagrams(TestNode target, long seed) throws IOException {
        this.target = target;
        this.random = new Random(seed);
        this.socket = new DatagramSocket();
    }

    public static HostileDatagrams start(TestNode target) throws IOException {
        long seed = System.nanoTime();
        System.out.println("hostile datagrams: seed " + seed);
        HostileDatagrams hostile = new HostileDatagrams(target, seed);
        hostile.thrower.setDaemon(true);
        hostile.thrower.start();
        return hostile;
    }

    public long sent() {
        return sent.get();
    }

    private void run() {
        InetAddress loopback = InetAddress.getLoopbackAddress();
        while (!socket.isClosed()) {
            for (int i = 0; i < BURST; i++) {
                byte[] bytes = random.nextInt(4) == 0 ? noise() : aeronLike();
                int port = target.firstMigrationPort() + random.nextInt(target.migrationPorts());
                try {
                    socket.send(new DatagramPacket(bytes, bytes.length, loopback, port));
                } catch (IOException closedOrNobodyThere) {
                    // A port without a stream answers with ICMP; the next datagram goes elsewhere.
                }
                sent.incrementAndGet();
            }
            java.util.concurrent.locks.LockSupport.parkNanos(1_000_000);
        }
    }

    private byte[] noise() {
        byte[] bytes = new byte[random.nextInt(MOST_BYTES)];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Frame length, version, flags, type, then fields of four bytes, each random or extreme. */
    private byte[] aeronLike() {
        int length = 8 + 4 * random.nextInt(1, 40);
        ByteBuffer frame = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
        frame.putInt(random.nextBoolean() ? length : extreme());
        frame.put((byte) (random.nextInt(8) == 0 ? 9 : 0)).put((byte) random.nextInt(256));
        frame.putShort((short) AERON_TYPES[random.nextInt(AERON_TYPES.length)]);
        while (frame.remaining() >= 4) {
            frame.putInt(random.nextBoolean() ? random.nextInt() : extreme());
        }
        return frame.array();
    }

    private int extreme() {
        return EXTREMES[random.nextInt(EXTREMES.length)];
    }

    @Override
    public void close() {
        socket.close();
        try {
            thrower.join(5_000);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
