package io.godwit.benchmarks.qemu;

import java.util.Arrays;
import java.util.stream.Collectors;

/** How QEMU is asked to migrate. */
public enum QemuVariant {
    PLAIN("qemu", 0, false),
    MULTIFD2("qemu-multifd2", 2, false),
    MULTIFD2_TLS("qemu-multifd2-tls", 2, true);

    private final String label;
    private final int multifdChannels;
    private final boolean encrypted;

    QemuVariant(String label, int multifdChannels, boolean encrypted) {
        this.label = label;
        this.multifdChannels = multifdChannels;
        this.encrypted = encrypted;
    }

    /** As the results name it. */
    public String label() {
        return label;
    }

    /** 0: one stream, as QEMU does by default. */
    int multifdChannels() {
        return multifdChannels;
    }

    boolean encrypted() {
        return encrypted;
    }

    /**
     * Reads a label.
     *
     * @throws IllegalArgumentException naming the text and what would be accepted
     */
    public static QemuVariant parse(String text) {
        return Arrays.stream(values())
                .filter(variant -> variant.label.equals(text.strip()))
                .findFirst()
                .orElseThrow(() -> new IllegalArgumentException("QEMU variant \"" + text
                        + "\" is not accepted; expected one of "
                        + Arrays.stream(values()).map(QemuVariant::label).collect(Collectors.joining(", "))));
    }
}
