package io.godwit.vmm.simulated;

import io.godwit.kvm.memory.GuestLayout;
import io.godwit.vmm.probe.ProbeLayout;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the probe guest's command line asks for: {@code fill} MiB are filled once, the first {@code wss} MiB of them are
 * written again and again at {@code rate} MB/s by the first {@code writers} vCPUs
 * together, by all unless that is given. Clipped to the memory there is, as the probe does.
 *
 * @param writers how many vCPUs write; 0 for all
 * @param exitCode written to the debug-exit port instead of doing any work; -1 for none
 */
record Workload(long fillPages, long wssPages, long rateBytesPerSecond, int writers, int exitCode) {
    private static final Logger LOG = LoggerFactory.getLogger(Workload.class);
    private static final int PAGES_PER_MIB_SHIFT = 20 - GuestLayout.PAGE_SHIFT;
    private static final long MAX_VALUE = 1L << 30;

    static Workload parse(String cmdline, GuestLayout layout) {
        long wss = 64;
        long rate = 50;
        long fill = -1;
        long exit = -1;
        long writers = 0;
        for (String word : cmdline.trim().split("\\s+")) {
            String key = word.substring(0, word.indexOf('=') + 1);
            long value = number(word.substring(key.length()));
            if (key.equals("wss=") && value >= 0) {
                wss = value;
            } else if (key.equals("rate=") && value >= 0) {
                rate = value;
            } else if (key.equals("fill=") && value >= 0) {
                fill = value;
            } else if (key.equals("writers=") && value >= 1) {
                writers = value;
            } else if (key.equals("exit=") && value >= 0 && value < 256) {
                exit = value;
            } else if (!word.isEmpty()) {
                LOG.info(
                        "simulated probe ignores option {}; known are wss=MiB rate=MB/s fill=MiB writers=N exit=0..255",
                        word);
            }
        }
        long fillPages = Math.min((fill < 0 ? wss : fill) << PAGES_PER_MIB_SHIFT, available(layout));
        long wssPages = Math.min(wss << PAGES_PER_MIB_SHIFT, fillPages);
        return new Workload(fillPages, wssPages, rate * 1_000_000, (int) writers, (int) exit);
    }

    int writersOf(int vcpus) {
        return writers == 0 ? vcpus : Math.min(writers, vcpus);
    }

    /** A vCPU's share of the rate. */
    double rateBytesPerSecond(int vcpu, int vcpus) {
        int writing = writersOf(vcpus);
        return vcpu < writing ? (double) rateBytesPerSecond / writing : 0;
    }

    /** Dense page number of the first page filled. */
    static long firstPage() {
        return ProbeLayout.FILL_ADDRESS >>> GuestLayout.PAGE_SHIFT;
    }

    private static long available(GuestLayout layout) {
        return layout.pageCount() - firstPage();
    }

    private static long number(String digits) {
        if (digits.isEmpty() || digits.length() > 10 || !digits.chars().allMatch(c -> c >= '0' && c <= '9')) {
            return -1;
        }
        long value = Long.parseLong(digits);
        return value < MAX_VALUE ? value : -1;
    }
}
