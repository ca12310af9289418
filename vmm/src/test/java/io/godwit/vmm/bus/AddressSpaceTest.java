package io.godwit.vmm.bus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.vmm.MachineEvent;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class AddressSpaceTest {
    private static final class Recorder implements IoHandler {
        final List<String> accesses = new ArrayList<>();

        @Override
        public long read(long offset, int size) {
            accesses.add("read " + offset + "/" + size);
            return -2L;
        }

        @Override
        public @Nullable MachineEvent write(long offset, int size, long value) {
            accesses.add("write " + offset + "/" + size + "=" + Long.toHexString(value));
            return null;
        }
    }

    private final Recorder low = new Recorder();
    private final Recorder high = new Recorder();
    private final AddressSpace ports = AddressSpace.builder("port", 0x10000)
            .claim(0x3f8, 8, high)
            .claim(0x60, 1, low)
            .build();

    @Test
    void shouldFindTheHandlerAndTheOffsetInIt() {
        assertThat(ports.read(0x3f8, 1)).isEqualTo(0xfe);
        assertThat(ports.read(0x3fc, 4)).isEqualTo(0xffff_fffeL);
        ports.write(0x60, 1, 0xabcd);
        assertThat(high.accesses).containsExactly("read 0/1", "read 4/4");
        assertThat(low.accesses).containsExactly("write 0/1=cd");
        assertThat(ports.unclaimedAccesses()).isZero();
    }

    @Test
    void shouldReadAllOnesAndCountWhereNobodyAnswers() {
        assertThat(ports.read(0x5f, 1)).isEqualTo(0xff);
        assertThat(ports.read(0x61, 2)).isEqualTo(0xffff);
        assertThat(ports.read(0x400, 8)).isEqualTo(-1L);
        assertThat(ports.write(0, 4, 1)).isNull();
        assertThat(ports.unclaimedAccesses()).isEqualTo(4);
        assertThat(low.accesses).isEmpty();
    }

    @Test
    void shouldNotGiveAHandlerAnAccessThatLeavesItsRange() {
        assertThat(ports.read(0x60, 2)).isEqualTo(0xffff);
        assertThat(ports.read(0x3fe, 4)).isEqualTo(0xffff_ffffL);
        assertThat(low.accesses).isEmpty();
        assertThat(high.accesses).isEmpty();
    }

    @Test
    void shouldRefuseRangesThatOverlapOrLeaveTheSpace() {
        assertThatThrownBy(() -> AddressSpace.builder("port", 0x10000)
                        .claim(0x10, 4, low)
                        .claim(0x13, 1, high)
                        .build())
                .hasMessage("port 0x13 is claimed twice");
        assertThatThrownBy(() -> AddressSpace.builder("port", 0x10000).claim(0xffff, 2, low))
                .hasMessageContaining("0xffff+0x2");
    }
}
