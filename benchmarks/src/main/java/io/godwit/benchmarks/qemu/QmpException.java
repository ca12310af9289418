package io.godwit.benchmarks.qemu;

import java.io.IOException;

/** QEMU refused a command, or its monitor ended or said what cannot be understood. */
public final class QmpException extends IOException {
    QmpException(String message) {
        super(message);
    }
}
