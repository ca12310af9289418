package io.godwit.control.simulation;

/** A run broke one of the rules. */
final class Violation extends RuntimeException {
    Violation(String message) {
        super(message);
    }
}
