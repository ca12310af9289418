package io.godwit.kvm;

import io.godwit.kvm.linux.SystemCallException;

/** KVM refused: which ioctl (or open), with which error, for what. */
public class KvmException extends SystemCallException {
    public KvmException(KvmIoctl ioctl, int errno, String argument) {
        this(ioctl.name(), errno, argument);
    }

    KvmException(String call, int errno, String argument) {
        super(call, errno, argument);
    }
}
