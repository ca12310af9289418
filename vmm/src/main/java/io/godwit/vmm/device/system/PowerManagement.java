package io.godwit.vmm.device.system;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.InterruptLine;
import io.godwit.vmm.bus.IoHandler;
import io.godwit.vmm.device.PassiveDevice;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * ACPI's fixed hardware (ACPI 6.5, 4.8.3): the power button, switching off, and the timer. The interrupt is
 * level-triggered, high while an enabled status bit is set. The timer's carry is not among them: nothing raises it.
 *
 * <pre>
 * 0 PM1 status u16, a written 1 clears   2 PM1 enable u16   4 PM1 control u16   6 reserved   8 timer u32, read-only
 * </pre>
 */
public final class PowerManagement implements IoHandler, PassiveDevice {
    public static final int PORT = 0x600;
    public static final int PORTS = 12;
    public static final int EVENTS = 0;
    public static final int EVENTS_BYTES = 4;
    public static final int CONTROL = 4;
    public static final int CONTROL_BYTES = 2;
    public static final int TIMER = 8;
    public static final int TIMER_BYTES = 4;

    /** The IOAPIC's input of the system control interrupt. */
    public static final int SCI = 9;

    /** What {@code \_S5} tells to write as sleep type. */
    public static final int SLEEP_TYPE_OFF = 5;

    public static final String ID = "power-management";
    public static final int VERSION = 1;

    private static final int POWER_BUTTON = 1 << 8;
    private static final int GLOBAL_LOCK = 1 << 5;
    /** Nothing raises it here; Linux's clock driver wants to find it enabled once it has enabled it. */
    private static final int REAL_TIME_CLOCK = 1 << 10;

    private static final int ENABLE_BITS = POWER_BUTTON | GLOBAL_LOCK | REAL_TIME_CLOCK;
    private static final int ACPI_MODE = 1;
    private static final int BUS_MASTER_RELOAD = 1 << 1;
    private static final int SLEEP_TYPE_SHIFT = 10;
    private static final int SLEEP_TYPE = 7 << SLEEP_TYPE_SHIFT;
    private static final int SLEEP_ENABLE = 1 << 13;
    private static final int CONTROL_BITS = BUS_MASTER_RELOAD | SLEEP_TYPE;
    private static final long TIMER_HZ = 3_579_545;
    private static final long NS_PER_S = 1_000_000_000;

    private final InterruptLine line;
    private final LongSupplier clockNs;
    private long originNs;
    private int status;
    private int enable;
    private int control;
    private boolean lineHigh;

    /** @param clockNs monotonic, in nanoseconds from anywhere */
    public PowerManagement(InterruptLine line, LongSupplier clockNs) {
        this.line = line;
        this.clockNs = clockNs;
        this.originNs = clockNs.getAsLong();
    }

    /** As if someone pressed it: the guest hears of it when it listens. */
    public synchronized void pressPowerButton() {
        status |= POWER_BUTTON;
        settle();
    }

    @Override
    public synchronized long read(long offset, int size) {
        long timer = timer();
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= registerByte((int) offset + i, timer) << (8 * i);
        }
        return value;
    }

    private long registerByte(int offset, long timer) {
        long register = switch (offset & -4) {
            case EVENTS -> status | (enable << 16);
            case CONTROL -> control | ACPI_MODE;
            default -> timer;
        };
        return register >>> (8 * (offset & 3)) & 0xff;
    }

    /** Seconds and their rest apart, so that the product fits 64 bits for 80,000 years. */
    private long timer() {
        long elapsed = clockNs.getAsLong() - originNs;
        return elapsed / NS_PER_S * TIMER_HZ + elapsed % NS_PER_S * TIMER_HZ / NS_PER_S;
    }

    @Override
    public synchronized @Nullable MachineEvent write(long offset, int size, long value) {
        boolean off = false;
        for (int i = 0; i < size; i++) {
            int at = (int) offset + i;
            int shift = 8 * (at & 1);
            int bits = ((int) (value >>> (8 * i)) & 0xff) << shift;
            int kept = ~(0xff << shift);
            switch (at & -2) {
                case EVENTS -> status &= ~bits;
                case EVENTS + 2 -> enable = (enable & kept) | (bits & ENABLE_BITS);
                case CONTROL -> {
                    control = (control & kept) | (bits & CONTROL_BITS);
                    off |= (bits & SLEEP_ENABLE) != 0 && control >>> SLEEP_TYPE_SHIFT == SLEEP_TYPE_OFF;
                }
                default -> {} // the timer cannot be set
            }
        }
        settle();
        return off ? new MachineEvent.PoweredOff() : null;
    }

    private void settle() {
        boolean high = (status & enable) != 0;
        if (high != lineHigh) {
            lineHigh = high;
            line.set(high);
        }
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public int stateVersion() {
        return VERSION;
    }

    @Override
    public synchronized ComponentState save() {
        StateWriter writer = new StateWriter().u16(status).u16(enable).u16(control);
        writer.u64(clockNs.getAsLong() - originNs);
        return new ComponentState(ID, VERSION, writer.toBytes());
    }

    @Override
    public synchronized void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        int newStatus = bits(reader, "status", POWER_BUTTON);
        int newEnable = bits(reader, "enable", ENABLE_BITS);
        int newControl = bits(reader, "control", CONTROL_BITS);
        long elapsedNs = reader.u64("timer");
        reader.end();
        if (elapsedNs < 0) {
            throw reader.refused("timer is " + elapsedNs + " ns, accepted are 0 and more");
        }
        status = newStatus;
        enable = newEnable;
        control = newControl;
        originNs = clockNs.getAsLong() - elapsedNs;
        sayLevel();
    }

    private static int bits(StateReader reader, String register, int known) {
        int value = reader.u16(register);
        if ((value & ~known) != 0) {
            throw reader.refused(String.format("%s is 0x%x, accepted are bits of 0x%x", register, value, known));
        }
        return value;
    }

    /** The interrupt controllers forget who held their lines. */
    private void sayLevel() {
        lineHigh = (status & enable) != 0;
        line.set(lineHigh);
    }

    @Override
    public synchronized void reset() {
        status = 0;
        enable = 0;
        control = 0;
        originNs = clockNs.getAsLong();
        sayLevel();
    }
}
