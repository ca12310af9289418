package io.godwit.vmm;

/** A machine could not be made, booted or restored; the message names the part, the value and what is accepted. */
public class MachineException extends RuntimeException {
    public MachineException(String message) {
        super(message);
    }

    public MachineException(String message, Throwable cause) {
        super(message, cause);
    }
}
