package io.godwit.vmm.pci;

import io.godwit.vmm.bus.IoHandler;

/**
 * Access to a base address register's content through the configuration space, for guests that cannot reach its memory
 * (virtio 1.2, 4.1.4.9). The guest writes register, offset and length; then each access of the data is one behind that.
 *
 * <pre>
 * 0 id u8, link u8, length u8, type u8   4 register u8   8 offset u32   12 length u32   16 data u32
 * </pre>
 */
public final class ConfigWindow implements PciFunction.ConfigListener {
    private static final int BYTES = 20;
    private static final int TYPE = 5;
    private static final int REGISTER = 4;
    private static final int OFFSET = 8;
    private static final int LENGTH = 12;
    private static final int DATA = 16;
    private static final long ALL_BITS = 0xffff_ffffL;

    private final ConfigSpace config;
    private final int at;
    private final int bar;
    private final int barBytes;
    private final IoHandler content;

    private ConfigWindow(ConfigSpace config, int at, int bar, int barBytes, IoHandler content) {
        this.config = config;
        this.at = at;
        this.bar = bar;
        this.barBytes = barBytes;
        this.content = content;
    }

    /** Opens one to a register's content. */
    public static void addTo(PciFunction function, int bar, int barBytes, IoHandler content) {
        byte[] body = new byte[BYTES - 2];
        body[0] = BYTES;
        body[1] = TYPE;
        int at = function.addVendorCapability(body);
        ConfigSpace config = function.config();
        config.allow(at + REGISTER, 1, 0xff);
        config.allow(at + OFFSET, 4, ALL_BITS);
        config.allow(at + LENGTH, 4, ALL_BITS);
        config.allow(at + DATA, 4, ALL_BITS);
        function.listen(new ConfigWindow(config, at, bar, barBytes, content));
    }

    @Override
    public int offset() {
        return at + DATA;
    }

    @Override
    public int length() {
        return Integer.BYTES;
    }

    @Override
    public void beforeRead() {
        int bytes = accessBytes();
        if (bytes > 0) {
            config.set(at + DATA, bytes, content.read(config.read(at + OFFSET, 4), bytes));
        }
    }

    @Override
    public void written() {
        int bytes = accessBytes();
        if (bytes > 0) {
            content.write(config.read(at + OFFSET, 4), bytes, config.read(at + DATA, bytes));
        }
    }

    /** 0 when the guest asked for what is not there. */
    private int accessBytes() {
        long bytes = config.read(at + LENGTH, 4);
        long offset = config.read(at + OFFSET, 4);
        boolean known = bytes == 1 || bytes == 2 || bytes == 4;
        boolean here =
                config.read(at + REGISTER, 1) == bar && offset + bytes <= barBytes && offset % Math.max(1, bytes) == 0;
        return known && here ? (int) bytes : 0;
    }
}
