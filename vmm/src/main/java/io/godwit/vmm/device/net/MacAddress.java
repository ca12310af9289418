package io.godwit.vmm.device.net;

import java.util.HexFormat;

/** A unicast Ethernet address. */
public record MacAddress(long value) {
    public static final int BYTES = 6;

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
