package io.godwit.config.device;

import java.util.Locale;

/** The consoles that a machine may have. */
public enum ConsoleName {
    /** The first serial port, which every machine has. */
    SERIAL,
    /** The virtio console, which it has where its definition says so. */
    CONSOLE;

    public String label() {
        return name().toLowerCase(Locale.ROOT);
    }
}
