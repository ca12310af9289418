package io.godwit.integration.harness;

/** A node did not start because somebody else took its port. */
final class PortTakenError extends AssertionError {
    PortTakenError(String message) {
        super(message);
    }
}
