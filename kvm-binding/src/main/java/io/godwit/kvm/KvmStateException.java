package io.godwit.kvm;

/** A saved state cannot be restored here; the message names the part, the value and what is accepted. */
public class KvmStateException extends RuntimeException {
    public KvmStateException(String message) {
        super(message);
    }
}
