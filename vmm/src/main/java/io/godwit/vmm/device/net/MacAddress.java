package io.godwit.vmm.device.net;

import java.util.HexFormat;

/** A unicast Ethernet address. */
public record MacAddress(long value) {
    public static final int BYTES = 6;

    private static final int FIRST_BYTE_SHIFT = 8 * (BYTES - 1);
    /** First bytes of unicast addresses that are locally administered (IEEE 802, 8.4): the highest two. */
    private static final long HIGHEST_OWN = 0xfe;

    private static final long NEXT_OWN = 0xfa;
    private static final long REST = (1L << FIRST_BYTE_SHIFT) - 1;
    private static final HexFormat FORMAT = HexFormat.ofDelimiter(":");

    /** @param text six bytes such as {@code 02:12:34:56:78:9a} */
    public static MacAddress parse(String text) {
        byte[] bytes = FORMAT.parseHex(text);
        if (bytes.length != BYTES) {
            throw new IllegalArgumentException("MAC address \"" + text + "\"; six bytes are expected");
        }
        long value = 0;
        for (byte part : bytes) {
            value = value << 8 | Byte.toUnsignedInt(part);
        }
        return new MacAddress(value);
    }

    /**
     * The address of the host's end, the same on every host. A bridge that was given no address takes the lowest of its
     * ports: this one is above those of network cards, and does not change when the guest's interface moves. Were it to,
     * the guest would go on answering to the address that the bridge had.
     */
    MacAddress ofHostEnd() {
        long first = (value >>> FIRST_BYTE_SHIFT) == HIGHEST_OWN ? NEXT_OWN : HIGHEST_OWN;
        return new MacAddress((first << FIRST_BYTE_SHIFT) | (value & REST));
    }

    public byte[] bytes() {
        byte[] bytes = new byte[BYTES];
        for (int i = 0; i < BYTES; i++) {
            bytes[i] = (byte) (value >>> (8 * (BYTES - 1 - i)));
        }
        return bytes;
    }

    @Override
    public String toString() {
        return FORMAT.formatHex(bytes());
    }
}
