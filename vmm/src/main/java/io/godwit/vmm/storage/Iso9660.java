package io.godwit.vmm.storage;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;

/**
 * Writes a small ISO 9660 volume (ECMA-119, 2nd edition) with files in its root directory, named as they are in a Joliet
 * tree beside the plain one, where they are in capitals.
 *
 * <pre>
 * sector  0..15  system area      19, 20  path tables (plain: little, big endian)    23  root directory
 *         16     volume           21, 22  path tables (Joliet)                       24  root directory (Joliet)
 *         17     Joliet volume                                                       25… files
 *         18     terminator
 * </pre>
 */
final class Iso9660 {
    static final int SECTOR_BYTES = 2048;
    private static final int PRIMARY_SECTOR = 16;
    private static final int PATH_SECTOR = 19;
    private static final int ROOT_SECTOR = 23;
    private static final int FIRST_FILE_SECTOR = 25;
    private static final int PATH_TABLE_BYTES = 10;
    private static final int DATE_BYTES = 17;
    private static final int ROOT_RECORD_BYTES = 34;
    private static final int DIRECTORY = 2;
    private static final byte[] STANDARD_ID = "CD001".getBytes(StandardCharsets.US_ASCII);
    /** UCS-2 level 3: Joliet Specification, "Escape sequences". */
    private static final byte[] JOLIET_ESCAPE = {'%', '/', 'E'};

    /** A file: its name and what it holds. */
    record Entry(String name, ByteBuffer content) {}

    /** The two trees of one volume. */
    private enum Tree {
        PLAIN(0, 1, StandardCharsets.US_ASCII),
        JOLIET(1, 2, StandardCharsets.UTF_16BE);

        private final int index;
        private final int type;
        private final Charset charset;

        Tree(int index, int type, Charset charset) {
            this.index = index;
            this.type = type;
            this.charset = charset;
        }

        byte[] name(String name) {
            String written = this == JOLIET ? name : name.toUpperCase(Locale.ROOT) + ".;1";
            return written.getBytes(charset);
        }
    }

    private final String label;
    private final List<Entry> files;
    private final ByteBuffer image;

    private Iso9660(String label, List<Entry> files) {
        this.label = label;
        this.files = files;
        int sectors = FIRST_FILE_SECTOR
                + files.stream().mapToInt(file -> sectors(file.content())).sum();
        this.image = ByteBuffer.allocate(sectors * SECTOR_BYTES);
    }

    /**
     * A whole volume.
     *
     * @param label at most 16 capitals
     * @param files in the order of their names, few enough for one sector of directory
     */
    static byte[] write(String label, List<Entry> files) {
        Iso9660 volume = new Iso9660(label, files);
        for (Tree tree : Tree.values()) {
            volume.descriptor(tree);
            volume.pathTables(tree);
            volume.rootDirectory(tree);
        }
        volume.at(PRIMARY_SECTOR + Tree.values().length)
                .put((byte) 255)
                .put(STANDARD_ID)
                .put((byte) 1);
        int sector = FIRST_FILE_SECTOR;
        for (Entry file : files) {
            volume.at(sector).put(file.content().duplicate());
            sector += sectors(file.content());
        }
        return volume.image.array();
    }

    private static int sectors(ByteBuffer content) {
        return (content.remaining() + SECTOR_BYTES - 1) / SECTOR_BYTES;
    }

    private ByteBuffer at(int sector) {
        return image.position(sector * SECTOR_BYTES).order(ByteOrder.BIG_ENDIAN);
    }

    /** Sections 8.4 and 8.5. */
    private void descriptor(Tree tree) {
        at(PRIMARY_SECTOR + tree.index);
        image.put((byte) tree.type).put(STANDARD_ID).put((byte) 1).put((byte) 0);
        text(tree, "", 32);
        text(tree, label, 32);
        image.put(new byte[8]);
        both(image.capacity() / SECTOR_BYTES);
        byte[] escapes = new byte[32];
        if (tree == Tree.JOLIET) {
            System.arraycopy(JOLIET_ESCAPE, 0, escapes, 0, JOLIET_ESCAPE.length);
        }
        image.put(escapes);
        both((short) 1); // volumes in the set
        both((short) 1); // this one's number
        both((short) SECTOR_BYTES);
        both(PATH_TABLE_BYTES);
        image.putInt(Integer.reverseBytes(pathSector(tree))).putInt(0);
        image.putInt(pathSector(tree) + 1).putInt(0);
        record(new byte[1], ROOT_SECTOR + tree.index, SECTOR_BYTES, DIRECTORY);
        for (int length : new int[] {128, 128, 128, 128, 37, 37, 37}) {
            text(tree, "", length);
        }
        for (int i = 0; i < 4; i++) { // creation, modification, expiration, effective: not given
            image.put("0".repeat(DATE_BYTES - 1).getBytes(StandardCharsets.US_ASCII))
                    .put((byte) 0);
        }
        image.put((byte) 1);
    }

    /** Filled with blanks; a field of odd length ends with a zero byte where a letter takes two. */
    private void text(Tree tree, String text, int bytes) {
        byte[] blanks = " ".repeat(tree == Tree.JOLIET ? bytes / 2 : bytes).getBytes(tree.charset);
        byte[] written = text.getBytes(tree.charset);
        System.arraycopy(written, 0, blanks, 0, written.length);
        image.put(blanks).put(new byte[bytes - blanks.length]);
    }

    private static int pathSector(Tree tree) {
        return PATH_SECTOR + 2 * tree.index;
    }

    /** Section 9.4: the root alone. */
    private void pathTables(Tree tree) {
        int root = ROOT_SECTOR + tree.index;
        at(pathSector(tree)).put((byte) 1).put((byte) 0).putInt(Integer.reverseBytes(root));
        image.putShort(Short.reverseBytes((short) 1));
        at(pathSector(tree) + 1).put((byte) 1).put((byte) 0).putInt(root).putShort((short) 1);
    }

    private void rootDirectory(Tree tree) {
        int root = ROOT_SECTOR + tree.index;
        at(root);
        record(new byte[] {0}, root, SECTOR_BYTES, DIRECTORY);
        record(new byte[] {1}, root, SECTOR_BYTES, DIRECTORY);
        int sector = FIRST_FILE_SECTOR;
        for (Entry file : files) {
            record(tree.name(file.name()), sector, file.content().remaining(), 0);
            sector += sectors(file.content());
        }
    }

    /** Section 9.1, without a date. */
    private void record(byte[] name, int sector, int bytes, int flags) {
        int length = ROOT_RECORD_BYTES - 1 + name.length;
        int padded = length + length % 2;
        image.put((byte) padded).put((byte) 0);
        both(sector);
        both(bytes);
        image.put(new byte[7]).put((byte) flags).put((byte) 0).put((byte) 0);
        both((short) 1);
        image.put((byte) name.length).put(name).put(new byte[padded - length]);
    }

    /** Section 7.3.3. */
    private void both(int value) {
        image.putInt(Integer.reverseBytes(value)).putInt(value);
    }

    /** Section 7.2.3. */
    private void both(short value) {
        image.putShort(Short.reverseBytes(value)).putShort(value);
    }
}
