package io.godwit.kvm.linux;

/** A system call failed: which one, on what, and why. */
public class SystemCallException extends RuntimeException {
    private final String call;
    private final int errno;
    private final String argument;

    public SystemCallException(String call, int errno, String argument) {
        super(call + "(" + argument + "): " + Errno.describe(errno));
        this.call = call;
        this.errno = errno;
        this.argument = argument;
    }

    public final String call() {
        return call;
    }

    public final int errno() {
        return errno;
    }

    public final String argument() {
        return argument;
    }
}
