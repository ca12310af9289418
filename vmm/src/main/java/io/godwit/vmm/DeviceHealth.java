package io.godwit.vmm;

import java.util.Optional;

/**
 * How a device is.
 *
 * @param fault why it stopped, where it did; of one that serves, what its host could not do for it
 */
public record DeviceHealth(State state, Optional<String> fault) {
    public enum State {
        /** Its driver has not taken it up. */
        IDLE,
        ACTIVE,
        /** Its machine stands still, and so does it. */
        QUIESCED,
        /** It stopped, until its driver resets it. */
        FAILED
    }

    public static DeviceHealth of(State state) {
        return new DeviceHealth(state, Optional.empty());
    }
}
