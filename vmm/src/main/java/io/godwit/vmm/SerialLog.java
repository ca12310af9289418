package io.godwit.vmm;

import java.util.function.Consumer;

/** What a guest wrote to its serial port: the last bytes kept, the rest counted, new ones streamed. */
public interface SerialLog {
    /** The bytes from stream position {@code from} on that are still kept. */
    Chunk read(long from, int maxBytes);

    /** Bytes written since the VM first booted, kept or not; survives migration. */
    long position();

    /** Called after each write, on the writer's thread; must not block. Close to unsubscribe. */
    AutoCloseable subscribe(Consumer<Chunk> listener);

    /** @param position stream position of the first byte, later than asked for where older bytes were dropped */
    @SuppressWarnings("ArrayRecordComponent")
    record Chunk(long position, byte[] bytes) {}
}
