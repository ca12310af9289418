package io.godwit.kvm.linux;

import com.kenai.jffi.Library;
import java.lang.ref.Reference;
import org.agrona.concurrent.UnsafeBuffer;

/**
 * The signal that makes a thread leave {@code KVM_RUN}. It is blocked on the thread and unblocked by the kernel only
 * inside {@code KVM_RUN}, so it is never lost between a check and the call. Its handler is a libc function without side
 * effects: no Java code runs in signal context.
 *
 * <p>The JVM uses signals 12 and 62 and glibc keeps 32 and 33; 40 is a free real-time signal.
 */
public final class KickSignal {
    public static final int NUMBER = 40;

    private static final long BIT = 1L << (NUMBER - 1);
    private static final int SIG_BLOCK = 0;
    private static final int SIGSET_BYTES = 128;
    private static final int SIGACTION_BYTES = 152; // glibc x86-64: handler 8, mask 128, flags 4 + 4, restorer 8
    private static final long SYS_GETTID = 186;
    private static final long SYS_TGKILL = 234;
    private static final UnsafeBuffer KICK_SET = NativeBuffers.allocate(SIGSET_BYTES);
    private static final UnsafeBuffer NO_WAIT = NativeBuffers.allocate(16);

    private static boolean installed;

    static {
        KICK_SET.putLong(0, BIT);
    }

    private KickSignal() {}

    /**
     * Gives the signal its harmless handler, once per process.
     *
     * @throws IllegalStateException when something else in the process handles signal 40 already
     */
    public static synchronized void install() {
        if (installed) {
            return;
        }
        long harmless = Library.getCachedInstance("libc.so.6", Library.LAZY).getSymbolAddress("abs");
        if (harmless == 0) {
            throw new IllegalStateException("libc.so.6 has no function abs to serve as the kick signal's handler");
        }
        UnsafeBuffer current = NativeBuffers.allocate(SIGACTION_BYTES);
        UnsafeBuffer action = NativeBuffers.allocate(SIGACTION_BYTES);
        try {
            check(LibC.INSTANCE.sigaction(NUMBER, 0, current.addressOffset()));
            long handler = current.getLong(0);
            if (handler != 0 && handler != harmless) {
                throw new IllegalStateException("signal " + NUMBER + " is needed to stop vCPUs but has a handler at 0x"
                        + Long.toHexString(handler) + "; accepted is the default action");
            }
            // The flags stay 0: with SA_RESTART the kernel would resume what a kick is meant to interrupt.
            action.putLong(0, harmless);
            check(LibC.INSTANCE.sigaction(NUMBER, action.addressOffset(), 0));
        } finally {
            Reference.reachabilityFence(current);
            Reference.reachabilityFence(action);
        }
        installed = true;
    }

    /** Blocks the signal on the calling thread; returns the kernel's mask to use inside {@code KVM_RUN}. */
    public static long blockOnThisThread() {
        UnsafeBuffer old = NativeBuffers.allocate(SIGSET_BYTES);
        int error = LibC.INSTANCE.pthread_sigmask(SIG_BLOCK, KICK_SET.addressOffset(), old.addressOffset());
        if (error != 0) {
            throw new SystemCallException("pthread_sigmask", error, "block signal " + NUMBER);
        }
        return old.getLong(0) & ~BIT;
    }

    /** Takes back kicks that are pending on the calling thread, or the next {@code KVM_RUN} ends at once. */
    public static void drain() {
        while (true) {
            int signal = LibC.INSTANCE.sigtimedwait(KICK_SET.addressOffset(), 0, NO_WAIT.addressOffset());
            if (signal < 0 && LibC.errno() != Errno.EINTR) {
                return;
            }
        }
    }

    /** The kernel's id of the calling thread. */
    public static int currentThreadId() {
        return (int) LibC.INSTANCE.syscall(SYS_GETTID, 0, 0, 0);
    }

    /** Kicks a thread of this process that has blocked the signal and cannot end meanwhile. */
    public static void send(int threadId) {
        // EAGAIN: the queue of pending signals is full, so one is pending for this thread or will be soon enough.
        if (LibC.INSTANCE.syscall(SYS_TGKILL, LibC.INSTANCE.getpid(), threadId, NUMBER) < 0
                && LibC.errno() != Errno.EAGAIN) {
            throw new SystemCallException("tgkill", LibC.errno(), "thread " + threadId);
        }
    }

    private static void check(int result) {
        if (result < 0) {
            throw new SystemCallException("sigaction", LibC.errno(), "signal " + NUMBER);
        }
    }
}
