package io.godwit.kvm.linux;

import java.util.Map;

/** Linux error numbers on x86-64 (asm-generic/errno-base.h and errno.h) as far as Godwit meets them. */
public final class Errno {
    public static final int EPERM = 1;
    public static final int ENOENT = 2;
    public static final int EINTR = 4;
    public static final int EIO = 5;
    public static final int ENXIO = 6;
    public static final int E2BIG = 7;
    public static final int EBADF = 9;
    public static final int EAGAIN = 11;
    public static final int ENOMEM = 12;
    public static final int EACCES = 13;
    public static final int EFAULT = 14;
    public static final int EBUSY = 16;
    public static final int EEXIST = 17;
    public static final int ENODEV = 19;
    public static final int EINVAL = 22;
    public static final int ENFILE = 23;
    public static final int EMFILE = 24;
    public static final int ENOTTY = 25;
    public static final int ENOSPC = 28;
    public static final int ENOSYS = 38;
    public static final int EOPNOTSUPP = 95;
    public static final int EHWPOISON = 133;

    private static final Map<Integer, String> NAMES = Map.ofEntries(
            Map.entry(EPERM, "EPERM, not permitted"),
            Map.entry(ENOENT, "ENOENT, no such file"),
            Map.entry(EINTR, "EINTR, interrupted"),
            Map.entry(EIO, "EIO, input/output error"),
            Map.entry(ENXIO, "ENXIO, no such device or attribute"),
            Map.entry(E2BIG, "E2BIG, list too long"),
            Map.entry(EBADF, "EBADF, bad file descriptor"),
            Map.entry(EAGAIN, "EAGAIN, try again"),
            Map.entry(ENOMEM, "ENOMEM, out of memory"),
            Map.entry(EACCES, "EACCES, permission denied"),
            Map.entry(EFAULT, "EFAULT, bad address"),
            Map.entry(EBUSY, "EBUSY, busy"),
            Map.entry(EEXIST, "EEXIST, exists already"),
            Map.entry(ENODEV, "ENODEV, no such device"),
            Map.entry(EINVAL, "EINVAL, invalid argument"),
            Map.entry(ENFILE, "ENFILE, too many open files in the system"),
            Map.entry(EMFILE, "EMFILE, too many open files"),
            Map.entry(ENOTTY, "ENOTTY, ioctl unknown to this descriptor"),
            Map.entry(ENOSPC, "ENOSPC, no space left"),
            Map.entry(ENOSYS, "ENOSYS, not in this kernel"),
            Map.entry(EOPNOTSUPP, "EOPNOTSUPP, not supported"),
            Map.entry(EHWPOISON, "EHWPOISON, memory has a hardware error"));

    private Errno() {}

    /** Such as {@code EINVAL, invalid argument}, or {@code errno 71}. */
    public static String describe(int errno) {
        return NAMES.getOrDefault(errno, "errno " + errno);
    }
}
