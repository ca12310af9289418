package io.godwit.kvm;

/** Whether a vCPU runs, and what it waits for otherwise ({@code KVM_MP_STATE_*}). */
public enum MpState {
    RUNNABLE(0),
    /** A secondary vCPU that waits for INIT. */
    UNINITIALIZED(1),
    /** After INIT, waits for SIPI. */
    INIT_RECEIVED(2),
    /** In {@code hlt}, waits for an interrupt. */
    HALTED(3),
    SIPI_RECEIVED(4);

    private final int number;

    MpState(int number) {
        this.number = number;
    }

    public int number() {
        return number;
    }

    static MpState of(int number) {
        for (MpState state : values()) {
            if (state.number == number) {
                return state;
            }
        }
        throw new IllegalStateException("KVM reports the unknown vCPU state " + number);
    }
}
