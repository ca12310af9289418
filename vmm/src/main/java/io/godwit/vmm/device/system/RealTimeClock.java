package io.godwit.vmm.device.system;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.IoHandler;
import io.godwit.vmm.device.PassiveDevice;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.time.DateTimeException;
import java.time.Instant;
import java.time.InstantSource;
import java.time.LocalDateTime;
import java.time.ZoneOffset;
import java.time.temporal.ChronoField;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The PC's CMOS memory with its clock (Motorola MC146818A): time of day in UTC, BCD and 24 hours, and 128 bytes of
 * which those that are no registers are kept. It raises no interrupts. A guest may set it; it then differs from the
 * host's clock by whole seconds.
 */
public final class RealTimeClock implements IoHandler, PassiveDevice {
    public static final int PORT = 0x70;
    public static final int PORTS = 2;
    public static final String ID = "rtc";
    public static final int VERSION = 1;

    /** Where PCs keep the century, beside the chip's own registers. */
    public static final int CENTURY = 0x32;

    private static final int SECONDS = 0;
    private static final int MINUTES = 2;
    private static final int HOURS = 4;
    private static final int WEEKDAY = 6;
    private static final int DAY = 7;
    private static final int MONTH = 8;
    private static final int YEAR = 9;
    private static final int[] TIME = {SECONDS, MINUTES, HOURS, WEEKDAY, DAY, MONTH, YEAR, CENTURY};

    private static final int A = 10;
    private static final int B = 11;
    private static final int C = 12;
    private static final int D = 13;
    private static final int A_UPDATING = 0x80;
    private static final int A_INITIAL = 0x26;
    private static final int B_SET = 0x80;
    private static final int B_24_HOURS = 0x02;
    private static final int D_VALID = 0x80;

    /** The last part of each second, in which the chip says that its registers are about to change. */
    private static final int UPDATING_FROM_NS = 1_000_000_000 - 2_228_000;

    private static final int BYTES = 128;
    private static final int INDEX_MASK = 0x7f;
    private static final long MAX_OFFSET_S = 10_000L * 366 * 86_400;

    private final InstantSource clock;
    private final byte[] cmos = new byte[BYTES];
    private int index;
    private long offsetS;

    public RealTimeClock(InstantSource clock) {
        this.clock = clock;
        reset();
    }

    @Override
    public synchronized long read(long offset, int size) {
        if (size != 1) {
            return -1;
        }
        return offset == 0 ? 0xff : readRegister();
    }

    private int readRegister() {
        if (isTime(index) && !isBeingSet()) {
            latch();
        }
        return switch (index) {
            case A ->
                cmos[A] | (!isBeingSet() && now().get(ChronoField.NANO_OF_SECOND) >= UPDATING_FROM_NS ? A_UPDATING : 0);
            case C -> 0;
            case D -> D_VALID;
            default -> cmos[index] & 0xff;
        };
    }

    @Override
    public synchronized @Nullable MachineEvent write(long offset, int size, long value) {
        if (size == 1 && offset == 0) {
            index = (int) value & INDEX_MASK;
        } else if (size == 1) {
            writeRegister((int) value);
        }
        return null;
    }

    private void writeRegister(int value) {
        if (isTime(index)) {
            writeTime(value);
        } else if (index == A) {
            cmos[A] = (byte) (value & ~A_UPDATING);
        } else if (index == B) {
            writeB(value);
        } else if (index != C && index != D) {
            cmos[index] = (byte) value;
        }
    }

    private void writeTime(int value) {
        if (isBeingSet()) {
            cmos[index] = (byte) value;
            return;
        }
        latch();
        cmos[index] = (byte) value;
        goOnFromRegisters();
    }

    private void writeB(int value) {
        boolean before = isBeingSet();
        boolean after = (value & B_SET) != 0;
        if (after && !before) {
            latch();
        } else if (before && !after) {
            goOnFromRegisters();
        }
        cmos[B] = (byte) (B_24_HOURS | (value & B_SET));
    }

    private boolean isBeingSet() {
        return (cmos[B] & B_SET) != 0;
    }

    private static boolean isTime(int index) {
        return Arrays.stream(TIME).anyMatch(register -> register == index);
    }

    private Instant now() {
        return clock.instant().plusSeconds(offsetS);
    }

    private void latch() {
        LocalDateTime time = LocalDateTime.ofInstant(now(), ZoneOffset.UTC);
        cmos[SECONDS] = bcd(time.getSecond());
        cmos[MINUTES] = bcd(time.getMinute());
        cmos[HOURS] = bcd(time.getHour());
        cmos[WEEKDAY] = bcd(time.getDayOfWeek().getValue() % 7 + 1); // 1 is Sunday
        cmos[DAY] = bcd(time.getDayOfMonth());
        cmos[MONTH] = bcd(time.getMonthValue());
        cmos[YEAR] = bcd(time.getYear() % 100);
        cmos[CENTURY] = bcd(time.getYear() / 100 % 100);
    }

    /** Registers that hold no time leave the clock as it was. */
    private void goOnFromRegisters() {
        try {
            LocalDateTime set = LocalDateTime.of(
                    100 * value(CENTURY) + value(YEAR),
                    value(MONTH),
                    value(DAY),
                    value(HOURS),
                    value(MINUTES),
                    value(SECONDS));
            offsetS = set.toEpochSecond(ZoneOffset.UTC) - clock.instant().getEpochSecond();
        } catch (DateTimeException noTime) {
            return; // as a chip whose registers were set to what no clock shows: undefined, so nothing changes
        }
    }

    private static byte bcd(int value) {
        return (byte) (((value / 10) << 4) | (value % 10));
    }

    private int value(int register) {
        int tens = (cmos[register] >> 4) & 0x0f;
        int ones = cmos[register] & 0x0f;
        if (tens > 9 || ones > 9) {
            throw new DateTimeException(
                    String.format("register %d is 0x%x, which is not BCD", register, cmos[register]));
        }
        return 10 * tens + ones;
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
        return new ComponentState(
                ID, VERSION, new StateWriter().u8(index).raw(cmos).u64(offsetS).toBytes());
    }

    @Override
    public synchronized void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        int newIndex = reader.u8("index", 0, BYTES - 1);
        byte[] newCmos = reader.raw("registers", BYTES);
        long newOffsetS = reader.u64("offset");
        reader.end();
        if (newOffsetS > MAX_OFFSET_S || newOffsetS < -MAX_OFFSET_S) {
            throw reader.refused(
                    "offset is " + newOffsetS + " s, accepted are -" + MAX_OFFSET_S + " to " + MAX_OFFSET_S);
        }
        index = newIndex;
        System.arraycopy(newCmos, 0, cmos, 0, BYTES);
        cmos[A] &= ~A_UPDATING;
        cmos[B] = (byte) (B_24_HOURS | (newCmos[B] & B_SET));
        offsetS = newOffsetS;
    }

    /** What a battery would keep stays: the memory and the time. */
    @Override
    public final synchronized void reset() {
        index = 0;
        cmos[A] = A_INITIAL;
        cmos[B] = B_24_HOURS;
    }
}
