package io.godwit.vmm.virtio;

/** Feature bits that every device offers (virtio 1.2, chapter 6). */
public final class VirtioFeatures {
    public static final long INDIRECT_DESCRIPTORS = 1L << 28;
    public static final long EVENT_INDEX = 1L << 29;
    public static final long VERSION_1 = 1L << 32;

    static final long ALL = INDIRECT_DESCRIPTORS | EVENT_INDEX | VERSION_1;

    private VirtioFeatures() {}
}
