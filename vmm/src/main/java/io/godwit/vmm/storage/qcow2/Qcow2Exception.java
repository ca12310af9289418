package io.godwit.vmm.storage.qcow2;

/** An image is damaged, hostile, or uses what is not read here; the message names the field and its value. */
public final class Qcow2Exception extends RuntimeException {
    public Qcow2Exception(String message) {
        super(message);
    }

    static Qcow2Exception refused(String field, Object value, String accepted) {
        return new Qcow2Exception("qcow2 " + field + " " + value + " is not accepted; expected " + accepted);
    }
}
