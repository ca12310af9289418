package io.godwit.migration;

import io.godwit.config.VerifyMode;
import io.godwit.transport.stream.IncomingSettings;
import io.godwit.transport.stream.PageTransport;
import io.godwit.vmm.Machine;
import java.util.function.LongSupplier;

/**
 * What the target half needs.
 *
 * @param machine created after the source's profile, never ran; remains the owner's, and open until the engine has
 *     {@linkplain IncomingMigration#closed() closed}
 * @param transport of this node
 * @param stream where to listen, and for which migration
 *     (its secret, if any, is wiped when the engine is closed)
 * @param verify as asked for by the operator
 * @param nanoTime monotonic, like {@link System#nanoTime()}
 */
public record IncomingContext(
        Machine machine,
        PageTransport transport,
        IncomingSettings stream,
        VerifyMode verify,
        IncomingListener listener,
        LongSupplier nanoTime) {
    public static IncomingContext of(
            Machine machine,
            PageTransport transport,
            IncomingSettings stream,
            VerifyMode verify,
            IncomingListener listener) {
        return new IncomingContext(machine, transport, stream, verify, listener, System::nanoTime);
    }
}
