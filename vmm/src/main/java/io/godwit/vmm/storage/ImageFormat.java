package io.godwit.vmm.storage;

/** What an image that is imported is written in. */
public enum ImageFormat {
    RAW,
    QCOW2
}
