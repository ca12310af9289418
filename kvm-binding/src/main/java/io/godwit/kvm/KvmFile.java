package io.godwit.kvm;

import io.godwit.kvm.linux.Errno;
import io.godwit.kvm.linux.FileDescriptor;
import org.agrona.DirectBuffer;

/** A descriptor of KVM: ioctls by name, repeated after EINTR, failures as {@link KvmException}. */
final class KvmFile implements AutoCloseable {
    private final FileDescriptor file;

    KvmFile(FileDescriptor file) {
        this.file = file;
    }

    /** @param what the argument as an error shows it */
    int call(KvmIoctl ioctl, long argument, String what) {
        while (true) {
            int result = file.ioctl(ioctl.request(), argument);
            if (result >= 0) {
                return result;
            }
            if (result != -Errno.EINTR) {
                throw new KvmException(ioctl, -result, file.name() + ", " + what);
            }
        }
    }

    int call(KvmIoctl ioctl, DirectBuffer structure, String what) {
        while (true) {
            int result = tryCall(ioctl, structure);
            if (result >= 0) {
                return result;
            }
            if (result != -Errno.EINTR) {
                throw new KvmException(ioctl, -result, file.name() + ", " + what);
            }
        }
    }

    /** Once; returns the result or {@code -errno}. */
    int tryCall(KvmIoctl ioctl, DirectBuffer structure) {
        return file.ioctl(ioctl.request(), structure);
    }

    /** Once; returns the result or {@code -errno}. */
    int tryCall(KvmIoctl ioctl, long argument) {
        return file.ioctl(ioctl.request(), argument);
    }

    int check(KvmCapability capability) {
        return call(KvmIoctl.KVM_CHECK_EXTENSION, capability.number(), capability.name());
    }

    FileDescriptor file() {
        return file;
    }

    String name() {
        return file.name();
    }

    boolean closeOrLeak() {
        return file.closeOrLeak();
    }

    @Override
    public void close() {
        file.close();
    }
}
