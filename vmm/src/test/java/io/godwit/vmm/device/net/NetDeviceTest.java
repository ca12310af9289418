package io.godwit.vmm.device.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.godwit.kvm.linux.SystemCallException;
import io.godwit.kvm.linux.Tap;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.virtio.TestDriver;
import io.godwit.vmm.virtio.TestDriver.Piece;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** On a tap of its own, whose host side has an address: ARP is answered by the host's kernel. */
class NetDeviceTest {
    private static final MacAddress MAC = MacAddress.parse("02:00:5e:10:00:01");
    /** Of the range for tests of network devices (RFC 2544). */
    private static final String HOST = "c612 4d01"; // 198.18.77.1

    private static final String GUEST = "c612 4d02";
    private static final int RECEIVE = 0;
    private static final int TRANSMIT = 1;
    private static final int CONTROL = 2;
    private static final int ETHER_TYPE = 12;
    private static final int BUFFERS = 32;

    private final String name = "gwt" + ProcessHandle.current().pid() % 100_000;
    private HostInterface host;
    private TestDriver driver;
    private final Piece[] buffers = new Piece[BUFFERS];

    @BeforeEach
    void makeInterface() throws Exception {
        try {
            host = HostInterface.open("nic/0", name, MAC, null, 1);
        } catch (MachineException refused) {
            assumeTrue(!(refused.getCause() instanceof SystemCallException), "taps need root: " + refused.getMessage());
            throw refused;
        }
        run("ip", "addr", "add", "198.18.77.1/24", "dev", name);
    }

    private void start(long features, int bufferBytes) {
        driver = new TestDriver(new NetDevice("nic/0", MAC, host)).start(features, 64);
        for (int i = 0; i < BUFFERS; i++) {
            buffers[i] = driver.toWrite(bufferBytes);
            driver.offer(RECEIVE, buffers[i]);
        }
        driver.ring(RECEIVE);
    }

    @AfterEach
    void close() {
        if (driver != null) {
            driver.close();
        } else if (host != null) {
            host.close();
        }
    }

    private static void run(String... command) throws Exception {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    private static byte[] hex(String text) {
        return HexFormat.of().parseHex(text.replace(" ", ""));
    }

    /** A virtio header, then "who has the host's address?" */
    private static byte[] arpRequest() {
        return hex("000000000000000000000000" + "ffffffffffff 02005e100001 0806" + "0001 0800 06 04 0001 02005e100001"
                + GUEST + "000000000000" + HOST);
    }

    @Test
    void shouldBringPacketsToTheHostAndItsAnswersBack() {
        start(NetFeatures.MERGEABLE_BUFFERS, 2048);
        driver.request(TRANSMIT, driver.toRead(arpRequest()));
        for (int i = 0; i < BUFFERS; i++) {
            int length = driver.answer(RECEIVE);
            ByteBuffer packet = ByteBuffer.wrap(driver.bytes(buffers[i]));
            int frame = Tap.HEADER_BYTES;
            if (packet.getShort(frame + ETHER_TYPE) != 0x0806) {
                continue; // the host's kernel has things of its own to say on a new link
            }
            assertThat(length).isGreaterThanOrEqualTo(frame + 42);
            assertThat(packet.get(10)).as("buffers of the packet").isEqualTo((byte) 1);
            assertThat(packet.getShort(frame + 20)).as("a reply").isEqualTo((short) 2);
            assertThat(packet.getInt(frame + 28)).as("from the host").isEqualTo(0xc6124d01);
            return;
        }
        throw new AssertionError("no ARP reply among " + BUFFERS + " packets");
    }

    @Test
    void shouldSpreadAPacketOverBuffersThatAreTooShort() {
        start(NetFeatures.MERGEABLE_BUFFERS, 20);
        driver.request(TRANSMIT, driver.toRead(arpRequest()));
        int first = driver.answer(RECEIVE);
        assertThat(first).isEqualTo(20);
        assertThat(driver.bytes(buffers[0])[10]).as("buffers of the packet").isGreaterThan((byte) 1);
        assertThat(driver.answer(RECEIVE)).isPositive();
    }

    @Test
    void shouldStopWithAReasonWhenABufferForAPacketThatArrivesIsNoRam() {
        driver = new TestDriver(new NetDevice("nic/0", MAC, host)).start(0, 64);
        driver.descriptor(RECEIVE, 0, TestDriver.MEMORY_BYTES, 2048, 2, 0);
        driver.publish(RECEIVE, 0);
        driver.request(TRANSMIT, driver.toRead(arpRequest()));
        driver.ring(RECEIVE); // its answer is waiting by now, or comes while the thread watches
        driver.awaitFault();
        assertThat(driver.function.fault())
                .hasValueSatisfying(
                        why -> assertThat(why).contains("nic/0 queue 0").contains("is not RAM"));
    }

    @Test
    void shouldTellItsAddressAndThatItsLinkIsUp() {
        start(0, 2048);
        byte[] mac = new byte[MacAddress.BYTES];
        for (int i = 0; i < mac.length; i++) {
            mac[i] = (byte) driver.field(i, 1);
        }
        assertThat(mac).isEqualTo(MAC.bytes());
        assertThat(driver.field(6, 2)).isEqualTo(1);
        assertThat(driver.field(10, 2)).as("MTU").isEqualTo(1500);
    }

    @Test
    void shouldAnnounceItselfAndHaveItsDriverDoSo() throws Exception {
        start(NetFeatures.STATUS | NetFeatures.CONTROL_QUEUE | NetFeatures.GUEST_ANNOUNCE, 2048);
        long before = hostReceived();
        ((NetDevice) driver.function.device()).announce();
        TestDriver.await(() -> driver.field(6, 2) == 3, "the wish to be announced");
        assertThat(hostReceived()).isEqualTo(before + 1);
        Piece answer = driver.toWrite(1);
        driver.request(CONTROL, driver.toRead(new byte[] {3, 0}), answer);
        assertThat(driver.bytes(answer)).containsExactly(0);
        assertThat(driver.field(6, 2)).isEqualTo(1);
    }

    @Test
    void shouldRefuseCommandsItDoesNotKnow() {
        start(NetFeatures.CONTROL_QUEUE, 2048);
        Piece answer = driver.toWrite(1);
        driver.request(CONTROL, driver.toRead(new byte[] {4, 0, 9, 0}), answer);
        assertThat(driver.bytes(answer)).containsExactly(1);
    }

    @Test
    void shouldBeDownUntilItsMachineMayRunAndAfterItWasHandedOver() throws Exception {
        assertThat(isUp()).isFalse();
        start(0, 2048);
        assertThat(isUp()).isTrue();
        driver.function.quiesce().toCompletableFuture().join();
        driver.function.handOver().toCompletableFuture().join();
        assertThat(isUp()).isFalse();
        driver.function.resume().toCompletableFuture().join();
        assertThat(isUp()).isTrue();
    }

    @Test
    void shouldNameABridgeThatIsNotThere() {
        assertThatThrownBy(() -> HostInterface.open("nic/1", name + "b", MAC, "nosuchbridge", 1))
                .isInstanceOf(MachineException.class)
                .hasMessageContaining("nic/1")
                .hasMessageContaining("nosuchbridge");
        assertThat(Files.exists(Path.of("/sys/class/net", name + "b"))).isFalse();
    }

    private boolean isUp() throws IOException {
        int flags = Integer.decode(read("flags"));
        return (flags & 1) != 0;
    }

    private long hostReceived() throws IOException {
        return Long.parseLong(read("statistics/rx_packets"));
    }

    private String read(String file) throws IOException {
        return Files.readString(Path.of("/sys/class/net", name, file)).trim();
    }
}
