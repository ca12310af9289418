package io.godwit.vmm.device.system;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.state.StateWriter;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HotplugControllerTest {
    private static final int EVENTS = 0;
    private boolean interrupt;
    private final GuestNotifier notifier = new GuestNotifier(high -> interrupt = high);
    private final List<Integer> ejected = new ArrayList<>();
    private final HotplugController controller = new HotplugController(notifier, ejected::add);

    private long read(int register) {
        return controller.read(register, 4);
    }

    private void eject(long slots) {
        controller.write(8, 4, slots);
    }

    @Test
    void shouldTellOnceOfWhatWasInserted() {
        controller.insert(3);
        controller.insert(31);

        assertThat(interrupt).isTrue();
        assertThat(notifier.read(EVENTS, 4)).isEqualTo(2);
        assertThat(read(0)).isEqualTo(1L << 3 | 1L << 31);
        assertThat(read(0)).isZero();
        assertThat(read(4)).isZero();
    }

    @Test
    void shouldTellOnceOfWhatIsToGoAndLetItGoWhenTheGuestSaysSo() {
        controller.ask(5);

        assertThat(interrupt).isTrue();
        assertThat(read(4)).isEqualTo(1L << 5);
        assertThat(read(4)).isZero();
        assertThat(ejected).isEmpty();
        eject(1L << 5);
        assertThat(ejected).containsExactly(5);
        eject(1L << 5);
        assertThat(ejected).as("only once").containsExactly(5);
    }

    @Test
    void shouldNotLetGoWhatNobodyAskedFor() {
        controller.insert(4);
        controller.ask(6);
        controller.withdraw(6);

        eject(0xffff_ffffL);

        assertThat(ejected).isEmpty();
        assertThat(read(4)).as("withdrawn before the guest looked").isZero();
    }

    @Test
    void shouldAnswerOnlyWholeRegisters() {
        controller.insert(3);
        controller.ask(3);

        assertThat(controller.read(0, 1)).isZero();
        assertThat(controller.read(1, 4)).isZero();
        assertThat(read(8)).isZero();
        controller.write(8, 1, 1L << 3);
        controller.write(4, 4, 1L << 3);
        assertThat(ejected).isEmpty();
        assertThat(read(0)).isEqualTo(1L << 3);
    }

    @Test
    void shouldGoOnElsewhereWithWhatTheGuestHasNotSeen() {
        controller.insert(3);
        controller.ask(7);
        HotplugController other = new HotplugController(notifier, ejected::add);

        other.restore(controller.save());

        assertThat(other.read(0, 4)).isEqualTo(1L << 3);
        assertThat(other.read(4, 4)).isEqualTo(1L << 7);
        other.write(8, 4, 1L << 7);
        assertThat(ejected).as("its new owner asked for nothing").isEmpty();
    }

    @Test
    void shouldRefuseAStateThatCannotBe() {
        assertRefused(new StateWriter().u32(1).u32(0), "inserted is 0x1");
        assertRefused(new StateWriter().u32(0).u32(3), "to be let go is 0x3");
        assertRefused(new StateWriter().u32(0), "needs 4 bytes");
        assertRefused(new StateWriter().u32(0).u32(0).u8(0), "follow the end");
        controller.insert(1);
        assertThat(read(0)).as("nothing was taken over").isEqualTo(2);
    }

    private void assertRefused(StateWriter state, String why) {
        assertThatThrownBy(() -> controller.restore(new ComponentState("pci-hotplug", 1, state.toBytes())))
                .isInstanceOf(MachineException.class)
                .hasMessageStartingWith("pci-hotplug: ")
                .hasMessageContaining(why);
    }

    @Test
    void shouldForgetAtAResetWhatTheGuestFindsByLooking() {
        controller.insert(3);
        controller.ask(4);

        controller.reset();

        assertThat(read(0)).isZero();
        assertThat(read(4)).isZero();
        eject(1L << 4);
        assertThat(ejected).as("its owner still wants it").containsExactly(4);
    }

    @Test
    void shouldRefuseSlotsThatNoBusHas() {
        assertThatThrownBy(() -> controller.insert(0)).hasMessage("PCI slot 0; accepted are 1 to 31");
        assertThatThrownBy(() -> controller.ask(32)).hasMessage("PCI slot 32; accepted are 1 to 31");
    }

    @Test
    void shouldLetGoNothingUnaskedWhateverAGuestWrites() {
        long seed = System.nanoTime();
        System.out.println("seed " + seed);
        SplittableRandom random = new SplittableRandom(seed);
        Set<Integer> asked = new HashSet<>();
        for (int i = 0; i < 100_000; i++) {
            int slot = 1 + random.nextInt(31);
            switch (random.nextInt(6)) {
                case 0 -> controller.insert(slot);
                case 1 -> {
                    controller.ask(slot);
                    asked.add(slot);
                }
                case 2 -> {
                    controller.withdraw(slot);
                    asked.remove(slot);
                }
                case 3 -> controller.restore(controller.save());
                case 4 ->
                    assertThat(controller.read(random.nextInt(9), 4) & 1)
                            .as("the bridge")
                            .isZero();
                default -> {
                    int size = 1 << random.nextInt(3);
                    int offset = random.nextInt(12 - size + 1);
                    long value = random.nextLong() >>> 8 * (8 - size);
                    controller.write(offset, size, value);
                    for (int gone : ejected) {
                        assertThat(asked.remove(gone) && (value & 1L << gone) != 0)
                                .as("seed %d, slot %d", seed, gone)
                                .isTrue();
                    }
                    ejected.clear();
                }
            }
        }
    }
}
