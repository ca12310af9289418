package io.godwit.benchmarks.qemu;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Makes lines of a stream of bytes, wherever the stream was cut. Not thread-safe. */
final class LineSplitter {
    /** Longest line that is put together; QEMU's longest answers here are some tens of KiB. */
    static final int LIMIT_BYTES = 1 << 20;

    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    /**
     * Takes all of {@code bytes} and returns the lines that became whole, without their ends and without empty ones.
     *
     * @throws QmpException when a line grows beyond {@link #LIMIT_BYTES}
     */
    List<String> add(ByteBuffer bytes) throws QmpException {
        List<String> whole = new ArrayList<>();
        while (bytes.hasRemaining()) {
            byte next = bytes.get();
            if (next == '\n') {
                String text = line.toString(StandardCharsets.UTF_8).strip();
                line.reset();
                if (!text.isEmpty()) {
                    whole.add(text);
                }
            } else if (line.size() == LIMIT_BYTES) {
                throw new QmpException("QEMU's monitor sent a line of more than " + LIMIT_BYTES + " bytes");
            } else {
                line.write(next);
            }
        }
        return whole;
    }
}
