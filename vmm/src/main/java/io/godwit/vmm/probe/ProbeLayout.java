package io.godwit.vmm.probe;

/**
 * Where the probe guest keeps its counters; all fields little-endian. The guest's side is {@code guests/probe/probe.h}.
 *
 * <pre>
 * header, at COUNTERS_ADDRESS                     block of vCPU i, at blockAddress(i)
 *  0 u64 magic "GODWITPB"                          0 u64 heartbeat
 *  8 u32 version      12 u32 vcpus                 8 u64 pagesWritten
 * 16 u64 wssBytes                                 16 u64 pagesChecked
 * 24 u64 rateBytesPerSecond                       24 u64 errors
 * 32 u64 fillBytes                                32 u64 lastTsc
 * 40 u64 firstErrorAddress                        40 u64 tscBackwards
 * 48 u32 ready        52 u32 vcpusStarted         48 reserved
 * </pre>
 */
public final class ProbeLayout {
    /** Guest-physical; also the offset in the memory file, where RAM begins at 0. */
    public static final long COUNTERS_ADDRESS = 0x10000;

    /** ASCII {@code GODWITPB}. */
    public static final long MAGIC = 0x4250_5449_5744_4f47L;

    public static final int VERSION = 1;
    public static final int MAX_VCPUS = 64;
    public static final int BLOCK_BYTES = 64;
    public static final int COUNTERS_BYTES = BLOCK_BYTES * (1 + MAX_VCPUS);
    public static final int PAGE_BYTES = 4096;

    /** The first guest-physical address that is filled and checked. */
    public static final long FILL_ADDRESS = 8L << 20;

    /** Written to the debug-exit port after an exception. */
    public static final int EXIT_EXCEPTION = 0x70;

    /** Written to the debug-exit port when the PVH start info has no memory map. */
    public static final int EXIT_NO_MEMORY_MAP = 0x71;

    public static final int VERSION_AND_VCPUS = 8;
    public static final int WSS_BYTES = 16;
    public static final int RATE = 24;
    public static final int FILL_BYTES = 32;
    public static final int FIRST_ERROR_ADDRESS = 40;
    public static final int READY_AND_STARTED = 48;

    public static final int HEARTBEAT = 0;
    public static final int PAGES_WRITTEN = 8;
    public static final int PAGES_CHECKED = 16;
    public static final int ERRORS = 24;
    public static final int LAST_TSC = 32;
    public static final int TSC_BACKWARDS = 40;

    private ProbeLayout() {}

    /** Guest-physical address of a vCPU's counters. */
    public static long blockAddress(int vcpu) {
        if (vcpu < 0 || vcpu >= MAX_VCPUS) {
            throw new IndexOutOfBoundsException("vCPU " + vcpu + "; the probe has 0 to " + (MAX_VCPUS - 1));
        }
        return COUNTERS_ADDRESS + (long) BLOCK_BYTES * (1 + vcpu);
    }
}
