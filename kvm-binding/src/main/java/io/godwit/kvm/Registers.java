package io.godwit.kvm;

import java.util.Arrays;
import org.agrona.DirectBuffer;
import org.agrona.MutableDirectBuffer;

/** The general registers of a vCPU. Immutable. */
public final class Registers {
    /** Size of {@code struct kvm_regs}. */
    static final int BYTES = 144;

    private static final long RFLAGS_ALWAYS_ONE = 0x2;

    private final long[] values;

    private Registers(long[] values) {
        this.values = values;
    }

    /** All zero, with RFLAGS as after a reset. */
    public static Registers initial() {
        return new Registers(new long[Register.values().length]).with(Register.RFLAGS, RFLAGS_ALWAYS_ONE);
    }

    public long get(Register register) {
        return values[register.place];
    }

    public Registers with(Register register, long value) {
        long[] changed = values.clone();
        changed[register.place] = value;
        return new Registers(changed);
    }

    public long rip() {
        return get(Register.RIP);
    }

    static Registers fromNative(DirectBuffer struct) {
        long[] values = new long[Register.values().length];
        for (int i = 0; i < values.length; i++) {
            values[i] = struct.getLong(i * Long.BYTES);
        }
        return new Registers(values);
    }

    void toNative(MutableDirectBuffer struct) {
        for (int i = 0; i < values.length; i++) {
            struct.putLong(i * Long.BYTES, values[i]);
        }
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof Registers that && Arrays.equals(values, that.values);
    }

    @Override
    public int hashCode() {
        return Arrays.hashCode(values);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder();
        for (Register register : Register.values()) {
            text.append(text.isEmpty() ? "" : " ")
                    .append(register)
                    .append("=0x")
                    .append(Long.toHexString(get(register)));
        }
        return text.toString();
    }
}
