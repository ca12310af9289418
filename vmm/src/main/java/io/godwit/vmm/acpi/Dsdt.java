package io.godwit.vmm.acpi;

import static io.godwit.vmm.acpi.Aml.device;
import static io.godwit.vmm.acpi.Aml.eisaId;
import static io.godwit.vmm.acpi.Aml.integer;
import static io.godwit.vmm.acpi.Aml.list;
import static io.godwit.vmm.acpi.Aml.name;
import static io.godwit.vmm.acpi.Aml.scope;
import static io.godwit.vmm.acpi.Aml.string;

import io.godwit.vmm.device.serial.SerialPort;
import io.godwit.vmm.device.system.GenerationId;
import io.godwit.vmm.device.system.GuestNotifier;
import io.godwit.vmm.device.system.PanicPort;
import io.godwit.vmm.device.system.PowerManagement;
import io.godwit.vmm.device.system.RealTimeClock;
import io.godwit.vmm.pci.MemoryWindow;
import io.godwit.vmm.pci.PciBus;

/** What cannot be found by looking: the host bridge with its interrupts, and the devices at fixed ports. */
final class Dsdt {
    /** From 2 on integers have 64 bits. */
    private static final int REVISION = 2;

    private static final String GENERATION = "\\_SB.VGEN";
    private static final int STATUS_CHANGED = 0x80;
    private static final long ANY_FUNCTION = 0xffff;
    private static final byte[] PRESENT = name("_STA", integer(0x0f));

    private Dsdt() {}

    static byte[] build() {
        byte[] off = integer(PowerManagement.SLEEP_TYPE_OFF);
        byte[] sleep = name("\\_S5", list(off, off, integer(0), integer(0)));
        byte[] devices = scope(
                "\\_SB",
                hostBridge(),
                HotplugAml.controller(),
                serialPort(),
                realTimeClock(),
                panicPort(),
                generationId(),
                notifier());
        return Table.of("DSDT", REVISION, Aml.concat(sleep, devices));
    }

    private static byte[] hostBridge() {
        byte[] resources = new ResourceTemplate()
                .buses(0, 0)
                .ports(PciBus.PORT, PciBus.PORTS)
                .memory(MemoryWindow.START, MemoryWindow.END)
                .build();
        return device(
                "PCI0",
                name("_HID", eisaId("PNP0A03")),
                name("_UID", integer(0)),
                name("_BBN", integer(0)),
                name("_CRS", resources),
                name("_PRT", interruptRouting()),
                HotplugAml.slots());
    }

    /** Pin A of every slot, wired to an input of the IOAPIC for good: then the source is 0 (ACPI 6.5, 6.2.13). */
    private static byte[] interruptRouting() {
        byte[][] routes = new byte[PciBus.MAX_DEVICES][];
        for (int slot = 0; slot < routes.length; slot++) {
            long address = ((long) slot << 16) | ANY_FUNCTION;
            routes[slot] = list(integer(address), integer(0), integer(0), integer(PciBus.gsi(slot)));
        }
        return list(routes);
    }

    private static byte[] serialPort() {
        byte[] resources = new ResourceTemplate()
                .ports(SerialPort.PORT, SerialPort.PORTS)
                .isaIrq(SerialPort.GSI)
                .build();
        return device(
                "COM1", name("_HID", eisaId("PNP0501")), name("_UID", integer(1)), PRESENT, name("_CRS", resources));
    }

    private static byte[] realTimeClock() {
        byte[] resources = new ResourceTemplate()
                .ports(RealTimeClock.PORT, RealTimeClock.PORTS)
                .build();
        return device("RTC", name("_HID", eisaId("PNP0B00")), name("_CRS", resources));
    }

    private static byte[] panicPort() {
        byte[] resources = new ResourceTemplate().ports(PanicPort.PORT, 1).build();
        return device("PEVT", name("_HID", string("QEMU0001")), PRESENT, name("_CRS", resources));
    }

    /** After Microsoft's "Virtual Machine Generation ID": its address is a package of low and high half. */
    private static byte[] generationId() {
        byte[] low = integer(GenerationId.ADDRESS & 0xffff_ffffL);
        byte[] high = integer(GenerationId.ADDRESS >>> 32);
        return device(
                "VGEN",
                name("_HID", string("GDWT0001")),
                name("_CID", string("VM_Gen_Counter")),
                name("_DDN", string("VM_Gen_Counter")),
                PRESENT,
                Aml.method("ADDR", 0, Aml.returned(list(low, high))));
    }

    /** A generic event device (ACPI 6.5, 5.6.9): reading which events are pending clears them. */
    private static byte[] notifier() {
        byte[] resources = new ResourceTemplate().interrupt(GuestNotifier.GSI).build();
        byte[] pending = Aml.path("PEND");
        return device(
                "GED",
                name("_HID", string("ACPI0013")),
                name("_UID", integer(0)),
                name("_CRS", resources),
                Aml.portFields("EVTS", GuestNotifier.PORT, "PEND"),
                Aml.method(
                        "_EVT",
                        1,
                        Aml.store(pending, Aml.LOCAL0),
                        tell(GuestNotifier.Event.GENERATION_CHANGED, GENERATION, STATUS_CHANGED),
                        Aml.ifCommonBits(
                                Aml.LOCAL0,
                                integer(GuestNotifier.Event.BUS_CHANGED.bit()),
                                Aml.path(HotplugAml.SCAN))));
    }

    private static byte[] tell(GuestNotifier.Event event, String device, int value) {
        return Aml.ifCommonBits(Aml.LOCAL0, integer(event.bit()), Aml.notification(device, value));
    }
}
