package io.godwit.vmm.kvm;

import io.godwit.kvm.KvmVm;
import io.godwit.vmm.bus.AddressSpace;
import io.godwit.vmm.device.EmulatedDevice;
import io.godwit.vmm.device.serial.SerialPort;
import io.godwit.vmm.device.system.DebugExitPort;
import io.godwit.vmm.device.system.KeyboardController;
import io.godwit.vmm.device.system.ResetControl;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/** The devices of a machine and where they answer. */
final class Platform {
    private static final long PORT_SPACE_BYTES = 0x1_0000;

    private final SerialPort serial;
    private final List<EmulatedDevice> devices;
    private final AddressSpace ports;
    private final AddressSpace mmio;

    Platform(KvmVm vm) {
        serial = new SerialPort(high -> vm.irqLine(SerialPort.GSI, high));
        ResetControl resetControl = new ResetControl();
        devices = List.of(serial, resetControl);
        ports = AddressSpace.builder("port", PORT_SPACE_BYTES)
                .claim(SerialPort.PORT, SerialPort.PORTS, serial)
                .claim(ResetControl.PORT, 1, resetControl)
                .claim(KeyboardController.PORT, 1, new KeyboardController())
                .claim(DebugExitPort.PORT, DebugExitPort.PORTS, new DebugExitPort())
                .build();
        mmio = AddressSpace.builder("MMIO", Long.MAX_VALUE).build();
    }

    /** Ids and versions of the devices that every such machine has. */
    static SortedMap<String, Integer> deviceVersions() {
        SortedMap<String, Integer> versions = new TreeMap<>();
        versions.put(SerialPort.ID, SerialPort.VERSION);
        versions.put(ResetControl.ID, ResetControl.VERSION);
        return versions;
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
