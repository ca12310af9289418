package io.godwit.vmm.kvm;

import io.godwit.config.VmSpec;
import io.godwit.kvm.KvmVm;
import io.godwit.vmm.bus.AddressSpace;
import io.godwit.vmm.device.DeviceFactory;
import io.godwit.vmm.device.EmulatedDevice;
import io.godwit.vmm.device.net.NetDevice;
import io.godwit.vmm.device.serial.SerialPort;
import io.godwit.vmm.device.system.ConfigPorts;
import io.godwit.vmm.device.system.DebugExitPort;
import io.godwit.vmm.device.system.KeyboardController;
import io.godwit.vmm.device.system.ResetControl;
import io.godwit.vmm.pci.MemoryWindow;
import io.godwit.vmm.pci.PciBus;
import io.godwit.vmm.pci.SharedLines;
import io.godwit.vmm.virtio.MachineAccess;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.agrona.CloseHelper;

/** The devices of a machine and where they answer. */
final class Platform {
    private static final long PORT_SPACE_BYTES = 0x1_0000;

    private final SerialPort serial;
    private final PciBus bus = new PciBus();
    private final List<VirtioFunction> functions = new ArrayList<>();
    private final List<EmulatedDevice> devices = new ArrayList<>();
    private final AddressSpace ports;
    private final AddressSpace mmio;

    /** Takes over the virtio devices, also when this throws. */
    Platform(KvmVm vm, MachineAccess access, List<VirtioDevice> virtio) {
        try {
            serial = new SerialPort(high -> vm.irqLine(SerialPort.GSI, high));
            ResetControl resetControl = new ResetControl();
            devices.addAll(List.of(serial, resetControl, new PciBusState(bus)));
            SharedLines lines = new SharedLines(gsi -> high -> vm.irqLine(gsi, high));
            for (VirtioDevice device : virtio) {
                VirtioFunction function = new VirtioFunction(access, device);
                functions.add(function);
                function.connectPin(lines.pin(bus.add(function.pci())));
            }
            devices.addAll(functions);
            ports = AddressSpace.builder("port", PORT_SPACE_BYTES)
                    .claim(SerialPort.PORT, SerialPort.PORTS, serial)
                    .claim(PciBus.PORT, PciBus.PORTS, new ConfigPorts(bus, resetControl))
                    .claim(KeyboardController.PORT, 1, new KeyboardController())
                    .claim(DebugExitPort.PORT, DebugExitPort.PORTS, new DebugExitPort())
                    .build();
            mmio = AddressSpace.builder("MMIO", Long.MAX_VALUE)
                    .claim(MemoryWindow.START, MemoryWindow.END - MemoryWindow.START, bus.window())
                    .build();
        } catch (RuntimeException | Error failed) {
            CloseHelper.quietCloseAll(functions);
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
        DeviceFactory.ids(spec).forEach(id -> versions.put(id, VirtioFunction.VERSION));
        return versions;
    }

    /** Ends the devices' threads and closes their files; after the vCPUs. */
    List<? extends AutoCloseable> closeables() {
        return functions;
    }

    /** Says on each network where the machine is. */
    void announce() {
        for (VirtioFunction function : functions) {
            if (function.device() instanceof NetDevice nic) {
                nic.announce();
            }
        }
    }

    SerialPort serial() {
        return serial;
    }

    /** In the order of saving and restoring. */
    List<EmulatedDevice> devices() {
        return devices;
    }

    AddressSpace ports() {
        return ports;
    }

    AddressSpace mmio() {
        return mmio;
    }
}
