package io.godwit.vmm.bus;

/** A wire to the interrupt controllers. Setting the level it already has changes nothing. */
public interface InterruptLine {
    void set(boolean high);
}
