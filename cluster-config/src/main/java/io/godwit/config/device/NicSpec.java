package io.godwit.config.device;

import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * A virtio-net interface of a VM.
 *
 * @param network as named in the hosts' configuration
 * @param mac unicast, in lower case, such as {@code 02:12:34:56:78:9a}; unique in the cluster
 * @param queues pairs of queues, 1 to 8
 */
public record NicSpec(String network, String mac, int queues) {
    public static final int MAX_QUEUES = 8;

    private static final Pattern NETWORK = Pattern.compile("[A-Za-z0-9][A-Za-z0-9_-]{0,62}");
    private static final Pattern MAC = Pattern.compile("[0-9a-f][02468ace](:[0-9a-f]{2}){5}");
    private static final String NOBODY = "00:00:00:00:00:00";
    private static final int LOCAL = 0x02;
    private static final int MAC_BYTES = 6;

    public NicSpec {
        networkType().parse("network", network);
        macType().parse("mac", mac);
        if (queues < 1 || queues > MAX_QUEUES) {
            throw new InvalidValueException("queues", queues, "1 to " + MAX_QUEUES);
        }
    }

    /**
     * Reads {@code network, mac, queues}.
     *
     * @param vm whose interface it is, and
     * @param index its number there: without a MAC one is derived from both
     */
    public static NicSpec parse(Map<String, ?> fields, String vm, int index) {
        return NicRequest.parse(fields).toSpec(vm, index);
    }

    /** The name of a network. */
    public static ValueType<String> networkType() {
        return ValueType.of(
                "1 to 63 letters, digits, '_' or '-', beginning with a letter or digit",
                text -> NETWORK.matcher(text).matches(),
                text -> text);
    }

    /** A MAC address of one interface. */
    public static ValueType<String> macType() {
        return ValueType.of(
                "a unicast MAC address such as 02:12:34:56:78:9a",
                text -> MAC.matcher(text.toLowerCase(Locale.ROOT)).matches() && !text.equals(NOBODY),
                text -> text.toLowerCase(Locale.ROOT));
    }

    /** Names of VMs are unique in a cluster, so 40 bits of their hash are as good as unique; the ledger has the last word. */
    static String derivedMac(String vm, int index) {
        try {
            byte[] hash =
                    MessageDigest.getInstance("SHA-256").digest((vm + "/" + index).getBytes(StandardCharsets.UTF_8));
            byte[] mac = Arrays.copyOf(hash, MAC_BYTES);
            mac[0] = LOCAL;
            return HexFormat.ofDelimiter(":").formatHex(mac);
        } catch (NoSuchAlgorithmException impossible) {
            throw new IllegalStateException("every JDK has SHA-256", impossible);
        }
    }
}
