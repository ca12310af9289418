package io.godwit.vmm.device;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.vmm.device.DriveMachine.Parts;
import io.godwit.vmm.probe.DriveResults;
import io.godwit.vmm.probe.DriveResults.State;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A guest's network interface and random numbers on real KVM. Addresses are of the range for tests (RFC 2544). */
@Timeout(180)
class DriveNetTest {
    private static final String MAC = String.format(
            "02:00:%02x:%02x:00:01",
            ProcessHandle.current().pid() >> 8 & 0xff, ProcessHandle.current().pid() & 0xff);
    private static final String HOST_ADDRESS = "198.18.77.1";
    private static final String GUEST_ADDRESS = "198.18.77.2";
    private static final int ECHO_PORT = 7;
    private static final int LOST_AFTER_MS = 200;

    @TempDir
    Path directory;

    @BeforeEach
    void needTaps() {
        assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "no taps here: /dev/net/tun cannot be written");
        assumeTrue("root".equals(System.getProperty("user.name")), "no taps here: not root");
    }

    @Test
    void shouldBringAllPacketsToTheHost() throws Exception {
        try (DriveMachine drive = new Parts(directory).nic(MAC).start("test=net mode=tx depth=64 seconds=2")) {
            DriveResults end = drive.awaitEnd();
            assertDone(end, drive);
            assertThat(packetsFromGuest()).as(drive.serial()).isGreaterThanOrEqualTo(end.operations());
        }
    }

    @Test
    void shouldGoOnSendingElsewhere() throws Exception {
        try (DriveMachine drive = new Parts(directory).nic(MAC).start("test=net mode=tx depth=256 seconds=6")) {
            for (int hop = 0; hop < 3; hop++) {
                drive.awaitOperations(1000);
                drive.move();
            }
            assertDone(drive.awaitEnd(), drive);
        }
    }

    @Test
    void shouldBringPacketsBothWaysAlsoAfterAMove() throws Exception {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        try (DriveMachine drive = new Parts(directory).nic(MAC).start("test=net mode=echo seconds=0")) {
            for (int hop = 0; hop < 2; hop++) {
                await(drive.serial())
                        .atMost(DriveMachine.LIMIT)
                        .until(() -> drive.results().isPresent());
                setUpAddresses();
                exchange(random, 500);
                drive.move();
            }
            setUpAddresses();
            exchange(random, 500);
            assertThat(drive.results().orElseThrow().errors())
                    .as(drive.serial())
                    .isZero();
        }
    }

    @Test
    void shouldHandOutRandomNumbersAlsoAfterAMove() throws Exception {
        try (DriveMachine drive = new Parts(directory).rng().start("test=rng depth=8 seconds=3")) {
            drive.awaitOperations(100);
            drive.move();
            assertDone(drive.awaitEnd(), drive);
        }
    }

    /** Sends datagrams of all lengths and expects each back unchanged; one that is lost is sent again. */
    private static void exchange(Random random, int datagrams) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(HOST_ADDRESS, 0))) {
            socket.setSoTimeout(LOST_AFTER_MS);
            InetSocketAddress guest = new InetSocketAddress(InetAddress.getByName(GUEST_ADDRESS), ECHO_PORT);
            int lost = 0;
            for (int number = 0; number < datagrams; number++) {
                byte[] sent = new byte[Integer.BYTES + random.nextInt(1472 - Integer.BYTES)];
                random.nextBytes(sent);
                ByteBuffer.wrap(sent).putInt(number);
                while (!returns(socket, new DatagramPacket(sent, sent.length, guest), sent)) {
                    lost++;
                    assertThat(lost)
                            .as("datagrams lost until number %d", number)
                            .isLessThan(50);
                }
            }
        }
    }

    private static boolean returns(DatagramSocket socket, DatagramPacket packet, byte[] sent) throws IOException {
        socket.send(packet);
        DatagramPacket received = new DatagramPacket(new byte[2048], 2048);
        try {
            do {
                socket.receive(received);
            } while (ByteBuffer.wrap(received.getData()).getInt()
                    != ByteBuffer.wrap(sent).getInt());
        } catch (SocketTimeoutException lost) {
            return false;
        }
        byte[] back = Arrays.copyOf(received.getData(), received.getLength());
        assertThat(back).isEqualTo(sent);
        return true;
    }

    private static void setUpAddresses() throws Exception {
        String tap = DriveMachine.tapOf(MAC);
        ip("address", "replace", HOST_ADDRESS + "/30", "dev", tap);
        ip("neighbour", "replace", GUEST_ADDRESS, "lladdr", MAC, "dev", tap, "nud", "permanent");
    }

    private static void ip(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = "ip";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        String printed = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(process.exitValue())
                .as(String.join(" ", command) + ": " + printed)
                .isZero();
    }

    private static long packetsFromGuest() throws IOException {
        Path counter = Path.of("/sys/class/net", DriveMachine.tapOf(MAC), "statistics", "rx_packets");
        return Long.parseLong(Files.readString(counter).strip());
    }

    private static void assertDone(DriveResults end, DriveMachine drive) {
        assertThat(end.state()).as(drive.serial()).isEqualTo(State.DONE);
        assertThat(end.errors()).as(drive.serial()).isZero();
        assertThat(end.operations()).as(drive.serial()).isPositive();
    }
}
