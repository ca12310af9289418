package io.godwit.vmm.state;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.MachineState;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MachineStateCodecTest {
    private static final MachineState STATE = new MachineState(List.of(
            new ComponentState("vm/irqchip", 1, new byte[1000]),
            new ComponentState("vcpu/0", 3, new byte[] {1, 2, 3}),
            new ComponentState("serial/0", 1, new byte[0])));

    @Test
    void shouldGiveBackWhatWasEncodedInOrder() {
        assertThat(MachineStateCodec.decode(MachineStateCodec.encode(STATE))).isEqualTo(STATE);
    }

    @Test
    void shouldRefuseEveryTruncation() {
        byte[] bytes = MachineStateCodec.encode(STATE);
        for (int length = 0; length < bytes.length; length++) {
            byte[] cut = Arrays.copyOf(bytes, length);
            assertThatThrownBy(() -> MachineStateCodec.decode(cut)).isInstanceOf(MachineException.class);
        }
    }

    @Test
    void shouldRefuseBytesBehindTheEnd() {
        byte[] bytes = MachineStateCodec.encode(STATE);
        assertThatThrownBy(() -> MachineStateCodec.decode(Arrays.copyOf(bytes, bytes.length + 1)))
                .hasMessage("machine state: 1 bytes follow the end");
    }

    @Test
    void shouldRefuseAnotherFormatAndMagicByName() {
        byte[] bytes = MachineStateCodec.encode(STATE);
        bytes[4] = 9;
        assertThatThrownBy(() -> MachineStateCodec.decode(bytes))
                .hasMessage("machine state: format is 9, accepted are 1 to 1");
        bytes[0] = 0;
        assertThatThrownBy(() -> MachineStateCodec.decode(bytes)).hasMessageContaining("magic is 0x534d5700");
    }

    @Test
    void shouldRefuseALengthBeforeAllocatingIt() {
        byte[] bytes = MachineStateCodec.encode(new MachineState(List.of(new ComponentState("a", 1, new byte[] {7}))));
        int lengthAt = bytes.length - 5;
        for (int i = 0; i < 4; i++) {
            bytes[lengthAt + i] = (byte) 0xff;
        }
        assertThatThrownBy(() -> MachineStateCodec.decode(bytes))
                .hasMessage("machine state: a is 4294967295 bytes long, accepted are 0 to 16777216");
        bytes[lengthAt + 3] = 0;
        assertThatThrownBy(() -> MachineStateCodec.decode(bytes))
                .hasMessage("machine state: a needs 16777215 bytes, 1 are left");
    }

    @Test
    void shouldRefuseAComponentThatAppearsTwice() {
        ComponentState component = new ComponentState("vcpu/0", 1, new byte[1]);
        byte[] bytes = MachineStateCodec.encode(new MachineState(List.of(component, component)));
        assertThatThrownBy(() -> MachineStateCodec.decode(bytes)).hasMessageContaining("vcpu/0 appears twice");
    }

    @Test
    void shouldAnswerRandomBytesWithAStateOrAMachineException() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        Random random = new Random(seed);
        byte[] valid = MachineStateCodec.encode(STATE);
        int refused = 0;
        for (int round = 0; round < 20_000; round++) {
            byte[] bytes = Arrays.copyOf(valid, random.nextInt(valid.length + 16));
            for (int i = random.nextInt(8); i >= 0 && bytes.length > 0; i--) {
                bytes[random.nextInt(Math.min(bytes.length, 60))] = (byte) random.nextInt();
            }
            try {
                MachineStateCodec.decode(bytes);
            } catch (MachineException e) {
                refused++;
            }
        }
        assertThat(refused).isPositive();
    }

    @Test
    void shouldNameComponentsThatAreUnknownMissingOrOfAnotherVersion() {
        TreeMap<String, Integer> expected = new TreeMap<>();
        expected.put("vm/irqchip", 1);
        expected.put("vcpu/0", 3);
        assertThatThrownBy(() -> StateSet.match(STATE, expected))
                .hasMessage("component serial/0 is unknown; this machine has [vcpu/0, vm/irqchip]");
        expected.put("serial/0", 1);
        assertThat(StateSet.match(STATE, expected).get("vcpu/0").bytes()).hasSize(3);
        expected.put("vcpu/1", 3);
        assertThatThrownBy(() -> StateSet.match(STATE, expected))
                .hasMessage("components missing from the state: [vcpu/1]");
        expected.put("vcpu/0", 2);
        assertThatThrownBy(() -> StateSet.match(STATE, expected))
                .hasMessage("component vcpu/0 has version 3, accepted is 2");
    }
}
