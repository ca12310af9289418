package io.godwit.vmm.acpi;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * The header that all tables but RSDP and FACS begin with (ACPI 6.5, 5.2.6):
 *
 * <pre>
 *  0 signature   4 length u32   8 revision u8   9 checksum u8   10 OEM id   16 OEM table id
 * 24 OEM revision u32   28 creator id   32 creator revision u32
 * </pre>
 */
final class Table {
    static final int HEADER_BYTES = 36;
    static final byte[] OEM_ID = ascii("GODWIT");
    private static final byte[] OEM_TABLE_ID = ascii("GODWITVM");
    private static final byte[] CREATOR_ID = ascii("GDWT");
    private static final int CHECKSUM_AT = 9;

    private Table() {}

    /** @param body what follows the header */
    static byte[] of(String signature, int revision, byte[] body) {
        ByteBuffer table = ByteBuffer.allocate(HEADER_BYTES + body.length).order(ByteOrder.LITTLE_ENDIAN);
        table.put(ascii(signature))
                .putInt(table.capacity())
                .put((byte) revision)
                .put((byte) 0);
        table.put(OEM_ID).put(OEM_TABLE_ID).putInt(1).put(CREATOR_ID).putInt(1);
        table.put(body);
        byte[] bytes = table.array();
        bytes[CHECKSUM_AT] = checksum(bytes, bytes.length);
        return bytes;
    }

    /** What makes the sum of the first bytes 0, where the checksum's own place is still 0. */
    static byte checksum(byte[] bytes, int length) {
        int sum = 0;
        for (int i = 0; i < length; i++) {
            sum += bytes[i];
        }
        return (byte) -sum;
    }

    static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
