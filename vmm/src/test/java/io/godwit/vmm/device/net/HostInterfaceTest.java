package io.godwit.vmm.device.net;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Taps in a bridge that was given no address: it has the lowest of its ports. */
class HostInterfaceTest {
    private static final MacAddress GUEST = MacAddress.parse("52:54:00:12:34:56");

    private final String suffix = Long.toString(ProcessHandle.current().pid() % 100_000);
    private final String bridge = "gwx" + suffix;

    @BeforeEach
    void makeBridge() throws Exception {
        assumeTrue(Files.isWritable(Path.of("/dev/net/tun")), "skipped: taps need root");
        ip("link", "add", bridge, "type", "bridge");
    }

    @AfterEach
    void deleteBridge() throws Exception {
        if (Files.exists(Path.of("/sys/class/net", bridge))) {
            ip("link", "del", bridge);
        }
    }

    private static void ip(String... arguments) throws Exception {
        String[] command = new String[arguments.length + 1];
        command[0] = "ip";
        System.arraycopy(arguments, 0, command, 1, arguments.length);
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor()).isZero();
    }

    private HostInterface open(String host, MacAddress guest) {
        return HostInterface.open("nic/0", host + suffix, guest, bridge, 1);
    }

    private static String address(String name) throws IOException {
        return Files.readString(Path.of("/sys/class/net", name, "address")).trim();
    }

    @Test
    void shouldLeaveTheAddressOfItsBridgeAsItWasWhenItsGuestMoves() throws Exception {
        HostInterface source = open("gws", GUEST);
        try (HostInterface target = open("gwt", GUEST)) {
            String before = address("gws" + suffix);
            assertThat(address(bridge)).as("while both hosts have it").isEqualTo(before);
            source.close();
            assertThat(address(bridge)).as("at its new host").isEqualTo(before);
            target.up();
            assertThat(address(bridge)).as("running there").isEqualTo(before);
        } finally {
            source.close();
        }
    }

    @Test
    void shouldLeaveABridgeTheAddressOfItsNetworkCard() throws Exception {
        String card = "gwc" + suffix;
        ip("tuntap", "add", card, "mode", "tap");
        try {
            ip("link", "set", card, "address", "fc:ff:ff:ff:ff:ff", "master", bridge);
            try (HostInterface tap = open("gws", GUEST)) {
                assertThat(tap.queues()).hasSize(1);
                assertThat(address("gws" + suffix)).isEqualTo("fe:54:00:12:34:56");
                assertThat(address(bridge)).isEqualTo("fc:ff:ff:ff:ff:ff");
            }
        } finally {
            ip("tuntap", "del", card, "mode", "tap");
        }
    }

    @Test
    void shouldDifferFromItsGuestsAddress() {
        assertThat(MacAddress.parse("fe:54:00:12:34:56").ofHostEnd()).hasToString("fa:54:00:12:34:56");
        assertThat(MacAddress.parse("fa:54:00:12:34:56").ofHostEnd()).hasToString("fe:54:00:12:34:56");
    }
}
