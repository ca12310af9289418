package io.godwit.vmm.probe;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class ProbeCountersTest {
    private final Map<Long, Long> words = new HashMap<>();

    private long word(long address) {
        return words.getOrDefault(address, 0L);
    }

    private void announce(int version, int vcpus) {
        words.put(0x10000L, 0x4250_5449_5744_4f47L);
        words.put(0x10008L, (long) vcpus << 32 | version);
    }

    @Test
    void shouldSeeNoProbeInEmptyMemory() {
        assertThat(ProbeCounters.read(this::word)).isEmpty();
    }

    @Test
    void shouldReadEveryFieldFromItsPlace() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        announce(1, 3);
        for (long address = 0x10010; address < 0x10100; address += 8) {
            words.put(address, random.nextLong());
        }
        words.put(0x10030L, 2L << 32 | 1);

        ProbeCounters counters = ProbeCounters.read(this::word).orElseThrow();

        assertThat(counters.vcpus()).isEqualTo(3);
        assertThat(counters.vcpusStarted()).isEqualTo(2);
        assertThat(counters.ready()).isTrue();
        assertThat(counters.wssBytes()).as("seed %d", seed).isEqualTo(word(0x10010));
        assertThat(counters.rateBytesPerSecond()).isEqualTo(word(0x10018));
        assertThat(counters.fillBytes()).isEqualTo(word(0x10020));
        assertThat(counters.firstErrorAddress()).isEqualTo(word(0x10028));
        assertThat(counters.perVcpu()).hasSize(3);
        ProbeCounters.VcpuCounters second = counters.perVcpu().get(1);
        assertThat(second)
                .isEqualTo(new ProbeCounters.VcpuCounters(
                        word(0x10080), word(0x10088), word(0x10090), word(0x10098), word(0x100a0), word(0x100a8)));
    }

    @Test
    void shouldAddUpWhatTheVcpusCounted() {
        announce(1, 2);
        words.put(0x10048L, 3L);
        words.put(0x10088L, 4L);
        words.put(0x10050L, 10L);
        words.put(0x10058L, 1L);
        words.put(0x10098L, 6L);
        words.put(0x100a8L, 5L);

        ProbeCounters counters = ProbeCounters.read(this::word).orElseThrow();

        assertThat(counters.bytesWritten()).isEqualTo(7 * 4096);
        assertThat(counters.bytesChecked()).isEqualTo(10 * 4096);
        assertThat(counters.errors()).isEqualTo(7);
        assertThat(counters.tscBackwards()).isEqualTo(5);
        assertThat(counters.ready()).isFalse();
    }

    @Test
    void shouldRefuseCountersOfAnotherVersionOrAnImpossibleNumberOfVcpus() {
        announce(2, 1);
        assertThatThrownBy(() -> ProbeCounters.read(this::word))
                .isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("version 2; known is 1");
        for (int vcpus : new int[] {0, 65, -1}) {
            announce(1, vcpus);
            assertThatThrownBy(() -> ProbeCounters.read(this::word))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(vcpus + " vCPUs; possible are 1 to 64");
        }
    }
}
