package io.godwit.vmm.acpi;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Encodes the part of ACPI's machine language that a DSDT of this kind needs (ACPI 6.5, chapter 20.2). Each term is an
 * array of bytes; terms that hold others take them as they are to stand.
 */
final class Aml {
    static final byte[] LOCAL0 = {0x60};
    static final byte[] LOCAL1 = {0x61};

    /** The space of an operation region (ACPI 6.5, 19.6.100). */
    static final int SYSTEM_IO = 1;

    /** The longest payload that a package length can tell, beside its own four bytes. */
    static final int MAX_PAYLOAD_BYTES = (1 << 28) - 1 - 4;

    private static final int EXTENDED = 0x5b;
    private static final byte[] NO_TARGET = {0x00};
    private static final int FIELD_OF_DWORDS_WRITTEN_AS_ZEROS = 0x43;
    private static final int MAX_ELEMENTS = 255;
    private static final int SMALL_LENGTH = 0x3f;
    private static final int SMALL_LENGTH_BITS = 4;

    private Aml() {}

    static byte[] concat(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }

    /** DefName. */
    static byte[] name(String name, byte[] value) {
        return concat(op(0x08), path(name), value);
    }

    /** DefScope. */
    static byte[] scope(String name, byte[]... terms) {
        return sized(op(0x10), path(name), concat(terms));
    }

    /** DefDevice. */
    static byte[] device(String name, byte[]... terms) {
        return sized(op(EXTENDED, 0x82), path(name), concat(terms));
    }

    /** DefMethod, serialized: one vCPU at a time is inside. */
    static byte[] method(String name, int arguments, byte[]... terms) {
        if (arguments < 0 || arguments > 7) {
            throw new IllegalArgumentException(
                    "method " + name + " has " + arguments + " arguments; accepted are 0 to 7");
        }
        return sized(op(0x14), path(name), op(arguments | 0x08), concat(terms));
    }

    /** DefPackage. */
    static byte[] list(byte[]... elements) {
        if (elements.length > MAX_ELEMENTS) {
            throw new IllegalArgumentException(
                    "package of " + elements.length + " elements; accepted are up to " + MAX_ELEMENTS);
        }
        return sized(op(0x12), op(elements.length), concat(elements));
    }

    /** DefBuffer. */
    static byte[] buffer(byte[] content) {
        return sized(op(0x11), integer(content.length), content);
    }

    /** DefOpRegion over I/O ports and a DefField of units of 32 bits each, from its start on. */
    static byte[] portFields(String region, int port, String... fields) {
        byte[] opRegion = concat(
                op(EXTENDED, 0x80),
                path(region),
                op(SYSTEM_IO),
                integer(port),
                integer((long) Integer.BYTES * fields.length));
        byte[] units = new byte[0];
        for (String field : fields) {
            units = concat(units, segment(field), op(Integer.SIZE));
        }
        return concat(opRegion, sized(op(EXTENDED, 0x81), path(region), op(FIELD_OF_DWORDS_WRITTEN_AS_ZEROS), units));
    }

    /** DefStore. */
    static byte[] store(byte[] value, byte[] target) {
        return concat(op(0x70), value, target);
    }

    /** DefIfElse without else, on whether both have a bit in common. */
    static byte[] ifCommonBits(byte[] left, byte[] right, byte[]... terms) {
        return sized(op(0xa0), op(0x7b), left, right, NO_TARGET, concat(terms));
    }

    /** DefReturn. */
    static byte[] returned(byte[] value) {
        return concat(op(0xa4), value);
    }

    /** DefNotify. */
    static byte[] notification(String device, int value) {
        return concat(op(0x86), path(device), integer(value));
    }

    /** The shortest ConstObj, ByteConst, WordConst, DWordConst or QWordConst. */
    static byte[] integer(long value) {
        if (value == 0 || value == 1) {
            return op((int) value);
        }
        if (value >>> 8 == 0) {
            return concat(op(0x0a), little(value, 1));
        }
        if (value >>> 16 == 0) {
            return concat(op(0x0b), little(value, 2));
        }
        return value >>> 32 == 0 ? dword(value) : concat(op(0x0e), little(value, 8));
    }

    private static byte[] dword(long value) {
        return concat(op(0x0c), little(value, 4));
    }

    /** String: ASCII and a zero. */
    static byte[] string(String text) {
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) < 0x01 || text.charAt(i) > 0x7f) {
                throw new IllegalArgumentException("string '" + text + "'; accepted is ASCII");
            }
        }
        return concat(op(0x0d), text.getBytes(StandardCharsets.US_ASCII), op(0));
    }

    /**
     * A compressed EISA id: three letters of five bits each and four hexadecimal digits, most significant byte first
     * (ACPI 6.5, 19.3.4, EISAID).
     */
    static byte[] eisaId(String id) {
        if (!id.matches("[A-Z]{3}[0-9A-F]{4}")) {
            throw new IllegalArgumentException("EISA id '" + id + "'; three capitals and four digits are accepted");
        }
        int letters = ((id.charAt(0) - '@') << 10) | ((id.charAt(1) - '@') << 5) | (id.charAt(2) - '@');
        int bigEndian = (letters << 16) | Integer.parseInt(id.substring(3), 16);
        return dword(Integer.toUnsignedLong(Integer.reverseBytes(bigEndian)));
    }

    /**
     * NameString: an optional root, then one segment, or two or more behind their prefix.
     *
     * @param name such as {@code \_SB.PCI0}; segments shorter than four letters are padded
     */
    static byte[] path(String name) {
        boolean rooted = name.startsWith("\\");
        String[] segments = (rooted ? name.substring(1) : name).split("\\.", -1);
        if (segments.length > MAX_ELEMENTS) {
            throw new IllegalArgumentException("name of " + segments.length + " segments");
        }
        byte[] root = rooted ? op('\\') : new byte[0];
        byte[] prefix = switch (segments.length) {
            case 1 -> new byte[0];
            case 2 -> op(0x2e);
            default -> op(0x2f, segments.length);
        };
        byte[] all = concat(root, prefix);
        for (String segment : segments) {
            all = concat(all, segment(segment));
        }
        return all;
    }

    private static byte[] segment(String segment) {
        if (!segment.matches("[A-Z_][A-Z0-9_]{0,3}")) {
            throw new IllegalArgumentException(
                    "name segment '" + segment + "'; one to four capitals, digits and _ are accepted");
        }
        return (segment + "___").substring(0, 4).getBytes(StandardCharsets.US_ASCII);
    }

    private static byte[] sized(byte[] op, byte[]... content) {
        byte[] payload = concat(content);
        return concat(op, packageLength(payload.length), payload);
    }

    /**
     * PkgLength: up to 63 in one byte; else four bits in the first, whose top two bits count the bytes that follow with
     * eight each. It counts itself.
     */
    static byte[] packageLength(int payloadBytes) {
        if (payloadBytes < 0 || payloadBytes > MAX_PAYLOAD_BYTES) {
            throw new IllegalArgumentException(
                    "payload of " + payloadBytes + " bytes; accepted are 0 to " + MAX_PAYLOAD_BYTES);
        }
        if (payloadBytes + 1 <= SMALL_LENGTH) {
            return op(payloadBytes + 1);
        }
        int following = 1;
        while ((payloadBytes + 1 + following) >>> (SMALL_LENGTH_BITS + 8 * following) != 0) {
            following++;
        }
        int length = payloadBytes + 1 + following;
        return concat(op((following << 6) | (length & 0x0f)), little(length >>> SMALL_LENGTH_BITS, following));
    }

    static byte[] little(long value, int bytes) {
        byte[] all = ByteBuffer.allocate(Long.BYTES)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(value)
                .array();
        return Arrays.copyOf(all, bytes);
    }

    private static byte[] op(int... bytes) {
        byte[] all = new byte[bytes.length];
        for (int i = 0; i < bytes.length; i++) {
            all[i] = (byte) bytes[i];
        }
        return all;
    }
}
