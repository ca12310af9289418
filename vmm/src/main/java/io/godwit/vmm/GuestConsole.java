package io.godwit.vmm;

/** A console of a guest: what the guest writes, and the way in for what is typed. */
public interface GuestConsole {
    SerialLog log();

    /**
     * Input for the guest, from any thread; never waits.
     *
     * @return bytes accepted from the start of {@code bytes}: fewer than given while the guest does not read them, and
     *     none from the moment that another host may have the machine's state
     */
    int input(byte[] bytes);
}
