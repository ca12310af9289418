package io.godwit.vmm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.NodeConfig.Resources;
import io.godwit.kvm.Kvm;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;

class MachinesTest {
    @Test
    void shouldSimulateWhenToldTo() {
        assertThat(Machines.factory(Machines.Choice.SIMULATED, Resources.NONE).backend())
                .isEqualTo(Backend.SIMULATED);
    }

    @Test
    void shouldSimulateWhereKvmOpensButMakesNoVm() {
        Supplier<MachineFactory> broken = () -> {
            throw new MachineException("KVM cannot be used on this host: KVM_CREATE_VM: EBUSY");
        };
        assertThat(Machines.factory(Machines.Choice.AUTO, broken).backend()).isEqualTo(Backend.SIMULATED);
        assertThatThrownBy(() -> Machines.factory(Machines.Choice.KVM, broken))
                .isInstanceOf(MachineException.class)
                .hasMessageEndingWith("EBUSY");
    }

    @Test
    void shouldTakeKvmWhereItCanBeUsedAndSayWhyNotOtherwise() {
        boolean usable = Kvm.unavailableReason().isEmpty();
        assertThat(Machines.factory(Machines.Choice.AUTO, Resources.NONE).backend())
                .isEqualTo(usable ? Backend.KVM : Backend.SIMULATED);
        if (usable) {
            assertThat(Machines.factory(Machines.Choice.KVM, Resources.NONE).backend())
                    .isEqualTo(Backend.KVM);
        } else {
            assertThatThrownBy(() -> Machines.factory(Machines.Choice.KVM, Resources.NONE))
                    .isInstanceOf(MachineException.class)
                    .hasMessageStartingWith("KVM cannot be used on this host: ");
        }
    }
}
