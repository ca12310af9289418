package io.godwit.vmm.virtio;

import io.godwit.vmm.bus.InterruptLine;
import io.godwit.vmm.pci.MsixTable;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.util.function.BooleanSupplier;

/** A function's interrupts: by message where the guest has set those up, else by the pin with its ISR register. */
final class InterruptSource {
    private static final int QUEUE = 1;
    private static final int CONFIG = 2;

    private final MsixTable messages;
    private final BooleanSupplier pinEnabled;
    private InterruptLine pin = high -> {};
    private int status;

    InterruptSource(MsixTable messages, BooleanSupplier pinEnabled) {
        this.messages = messages;
        this.pinEnabled = pinEnabled;
    }

    synchronized void connect(InterruptLine line) {
        pin = line;
    }

    void queue(int vector) {
        raise(vector, QUEUE);
    }

    void config(int vector) {
        raise(vector, CONFIG);
    }

    private synchronized void raise(int vector, int cause) {
        if (messages.isEnabled()) {
            messages.raise(vector); // "no vector" is none that the table has
            return;
        }
        status |= cause;
        settle();
    }

    /** What the pin was pulled for; reading lets it go. */
    synchronized int takeStatus() {
        int taken = status;
        status = 0;
        settle();
        return taken;
    }

    /** Sets the pin to what it should be; after the guest switched it on or off, and after a restore. */
    synchronized void settle() {
        pin.set(status != 0 && pinEnabled.getAsBoolean() && !messages.isEnabled());
    }

    synchronized void reset() {
        status = 0;
        settle();
    }

    synchronized void save(StateWriter state) {
        state.u8(status);
    }

    synchronized void restore(StateReader state) {
        status = state.u8("interrupt status", 0, QUEUE | CONFIG);
    }
}
