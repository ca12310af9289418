package io.godwit.vmm.kvm;

import io.godwit.config.VmSpec;
import io.godwit.config.device.ConsoleName;
import io.godwit.kvm.KvmVm;
import io.godwit.vmm.GuestConsole;
import io.godwit.vmm.bus.AddressSpace;
import io.godwit.vmm.device.EmulatedDevice;
import io.godwit.vmm.device.net.NetDevice;
import io.godwit.vmm.device.serial.SerialPort;
import io.godwit.vmm.device.system.ConfigPorts;
import io.godwit.vmm.device.system.DebugExitPort;
import io.godwit.vmm.device.system.GenerationId;
import io.godwit.vmm.device.system.GuestNotifier;
import io.godwit.vmm.device.system.HotplugController;
import io.godwit.vmm.device.system.KeyboardController;
import io.godwit.vmm.device.system.PanicPort;
import io.godwit.vmm.device.system.PowerManagement;
import io.godwit.vmm.device.system.RealTimeClock;
import io.godwit.vmm.device.system.ResetControl;
import io.godwit.vmm.pci.MemoryWindow;
import io.godwit.vmm.pci.PciBus;
import io.godwit.vmm.pci.SharedLines;
import io.godwit.vmm.virtio.MachineAccess;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioFunction;
import java.security.SecureRandom;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import org.agrona.CloseHelper;

/** The devices of a machine and where they answer. */
final class Platform {
    private static final long PORT_SPACE_BYTES = 0x1_0000;

    private final SerialPort serial;
    private final PowerManagement powerManagement;
    private final GenerationId generationId;
    private final PciSlots slots;
    private final List<EmulatedDevice> fixed;
    private final AddressSpace ports;
    private final AddressSpace mmio;

    /** Takes over the virtio devices, also when this throws. */
    Platform(KvmVm vm, MachineAccess access, List<VirtioDevice> virtio, Map<String, Integer> slotsById) {
        PciBus bus = new PciBus();
        GuestNotifier notifier = new GuestNotifier(high -> vm.irqLine(GuestNotifier.GSI, high));
        slots = new PciSlots(access, bus, new SharedLines(gsi -> high -> vm.irqLine(gsi, high)), notifier);
        try {
            serial = new SerialPort(high -> vm.irqLine(SerialPort.GSI, high));
            ResetControl resetControl = new ResetControl();
            powerManagement = new PowerManagement(high -> vm.irqLine(PowerManagement.SCI, high), System::nanoTime);
            RealTimeClock clock = new RealTimeClock(InstantSource.system());
            generationId = new GenerationId(access.memory(), access.dirty(), notifier, new SecureRandom());
            fixed = List.of(
                    serial,
                    resetControl,
                    new PciBusState(bus),
                    powerManagement,
                    clock,
                    notifier,
                    generationId,
                    slots.controller());
            virtio.forEach(device -> slots.place(slotsById.getOrDefault(device.id(), 0), device));
            ports = AddressSpace.builder("port", PORT_SPACE_BYTES)
                    .claim(SerialPort.PORT, SerialPort.PORTS, serial)
                    .claim(PciBus.PORT, PciBus.PORTS, new ConfigPorts(bus, resetControl))
                    .claim(KeyboardController.PORT, 1, new KeyboardController())
                    .claim(PowerManagement.PORT, PowerManagement.PORTS, powerManagement)
                    .claim(GuestNotifier.PORT, GuestNotifier.PORTS, notifier)
                    .claim(HotplugController.PORT, HotplugController.PORTS, slots.controller())
                    .claim(RealTimeClock.PORT, RealTimeClock.PORTS, clock)
                    .claim(PanicPort.PORT, 1, new PanicPort(access.name()))
                    .claim(DebugExitPort.PORT, DebugExitPort.PORTS, new DebugExitPort())
                    .build();
            mmio = AddressSpace.builder("MMIO", Long.MAX_VALUE)
                    .claim(MemoryWindow.START, MemoryWindow.END - MemoryWindow.START, bus.window())
                    .build();
        } catch (RuntimeException | Error failed) {
            CloseHelper.quietClose(slots);
            CloseHelper.quietCloseAll(virtio);
            throw failed;
        }
    }

    /** Ids and versions of a machine's devices. */
    static SortedMap<String, Integer> deviceVersions(VmSpec spec) {
        SortedMap<String, Integer> versions = new TreeMap<>();
        versions.put(SerialPort.ID, SerialPort.VERSION);
        versions.put(ResetControl.ID, ResetControl.VERSION);
        versions.put(PciBusState.ID, PciBusState.VERSION);
        versions.put(PowerManagement.ID, PowerManagement.VERSION);
        versions.put(RealTimeClock.ID, RealTimeClock.VERSION);
        versions.put(GuestNotifier.ID, GuestNotifier.VERSION);
        versions.put(GenerationId.ID, GenerationId.VERSION);
        versions.put(HotplugController.ID, HotplugController.VERSION);
        spec.slotsById().keySet().forEach(id -> versions.put(id, VirtioFunction.VERSION));
        return versions;
    }

    /** Ends the devices' threads and closes their files; after the vCPUs. */
    List<? extends AutoCloseable> closeables() {
        return List.of(slots);
    }

    PciSlots slots() {
        return slots;
    }

    /** Says on each network where the machine is. */
    void announce() {
        for (VirtioFunction function : slots.functions()) {
            if (function.device() instanceof NetDevice nic) {
                nic.announce();
            }
        }
    }

    Optional<GuestConsole> console(ConsoleName name) {
        if (name == ConsoleName.SERIAL) {
            return Optional.of(serial);
        }
        return slots.functions().stream()
                .map(VirtioFunction::device)
                .filter(GuestConsole.class::isInstance)
                .map(GuestConsole.class::cast)
                .findFirst();
    }

    /** @param listener told of a device's id and why it stopped */
    void onFault(BiConsumer<String, String> listener) {
        slots.onFault(listener);
    }

    SerialPort serial() {
        return serial;
    }

    PowerManagement powerManagement() {
        return powerManagement;
    }

    GenerationId generationId() {
        return generationId;
    }

    /** In the order of saving and restoring. */
    List<EmulatedDevice> devices() {
        List<EmulatedDevice> devices = new ArrayList<>(fixed);
        devices.addAll(slots.devices());
        return devices;
    }

    AddressSpace ports() {
        return ports;
    }

    AddressSpace mmio() {
        return mmio;
    }
}
