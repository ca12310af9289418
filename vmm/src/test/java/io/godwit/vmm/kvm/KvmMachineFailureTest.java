package io.godwit.vmm.kvm;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.VmSpec;
import io.godwit.kvm.Kvm;
import io.godwit.kvm.KvmException;
import io.godwit.kvm.KvmIoctl;
import io.godwit.kvm.KvmVcpu;
import io.godwit.kvm.KvmVm;
import io.godwit.kvm.RunDeadline;
import io.godwit.kvm.VmOptions;
import io.godwit.kvm.memory.GuestLayout;
import io.godwit.kvm.memory.GuestMemory;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.device.DeviceFactory;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is given back when a step fails. */
@Timeout(60)
class KvmMachineFailureTest {
    private static final String NAME = "failing";

    private Kvm kvm;
    private GuestMemory memory;
    private KvmVm vm;

    @BeforeEach
    void makeVm() {
        Optional<String> reason = Kvm.unavailableReason();
        Assumptions.assumeTrue(reason.isEmpty(), "no KVM here");
        kvm = Kvm.open();
        memory = GuestMemory.create("godwit:" + NAME, GuestLayout.ofSize(64L << 20));
        vm = kvm.createVm(new VmOptions(NAME, memory));
    }

    @AfterEach
    void closeVm() {
        if (kvm != null) {
            vm.close();
            memory.close();
            kvm.close();
        }
    }

    @Test
    void shouldCloseTheMemoryEvenWhenTheDirtyLogCannotBeSwitchedOff() {
        VmSpec spec = new VmSpec(NAME, 64L << 20, 1, "/none", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        KvmHost host = KvmHost.inspect(kvm);
        KvmMachine machine = new KvmMachine(
                spec, host, host.cpuidPolicy(new TreeSet<>()), vm, List.of(), new DeviceFactory(Resources.NONE));
        machine.dirtyPages().open();
        machine.vcpus().forEach(vcpu -> ((VcpuOfMachine) vcpu).close());
        vm.close(); // so that switching the log off fails
        assertThatThrownBy(machine::close).hasMessageContaining("was returned"); // the lease that the log works under
        assertThatThrownBy(memory::lease).hasMessageContaining("is closed");
    }

    @Test
    void shouldEndTheThreadsThatStartedWhenOneCannot() {
        KvmVcpu vcpu = vm.createVcpu(0);
        VcpuOfMachine first =
                new VcpuOfMachine(NAME, vcpu, (of, exit) -> false, () -> true, new RunDeadline(NAME, passedNs -> {}));
        // The same a second time: a thread cannot start twice.
        assertThatThrownBy(() -> VcpuOfMachine.startAll(List.of(first, first)))
                .isInstanceOf(IllegalThreadStateException.class);
        Awaitility.await()
                .until(() -> Thread.getAllStackTraces().keySet().stream()
                        .noneMatch(thread -> thread.getName().startsWith("godwit-" + NAME)));
    }

    @Test
    void shouldSayWhyWhereKvmOpensButCannotBeUsed() {
        assertThatThrownBy(() -> KvmMachineFactory.open(new DeviceFactory(Resources.NONE), opened -> {
                    throw new KvmException(KvmIoctl.KVM_CREATE_VM, 16, NAME);
                }))
                .isInstanceOf(MachineException.class)
                .hasMessageStartingWith("KVM cannot be used on this host: KVM_CREATE_VM")
                .hasMessageContaining("EBUSY");
        assertThatThrownBy(() -> KvmMachineFactory.open(new DeviceFactory(Resources.NONE), opened -> {
                    throw new IllegalStateException("signal 40 is taken");
                }))
                .isInstanceOf(MachineException.class)
                .hasMessage("KVM cannot be used on this host: signal 40 is taken");
    }
}
