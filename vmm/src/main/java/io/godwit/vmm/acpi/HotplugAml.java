package io.godwit.vmm.acpi;

import static io.godwit.vmm.acpi.Aml.device;
import static io.godwit.vmm.acpi.Aml.eisaId;
import static io.godwit.vmm.acpi.Aml.integer;
import static io.godwit.vmm.acpi.Aml.name;
import static io.godwit.vmm.acpi.Aml.string;

import io.godwit.vmm.device.system.HotplugController;
import io.godwit.vmm.pci.PciBus;
import java.util.Locale;

/**
 * How a kernel learns which slots of the PCI bus have changed, and lets a device go: each slot is a device below the host
 * bridge that can be ejected (ACPI 6.5, 6.3), and a method of the controller notifies those that changed.
 */
final class HotplugAml {
    /** To be called when the bus has changed. */
    static final String SCAN = "\\_SB.PHPC.SCAN";

    private static final String CONTROLLER = "\\_SB.PHPC";
    private static final String HOST_BRIDGE = "\\_SB.PCI0";
    private static final int DEVICE_CHECK = 1;
    private static final int EJECT_REQUEST = 3;
    /** Not shown to users, but there and working. */
    private static final int HIDDEN = 0x0b;

    private HotplugAml() {}

    /** Of the host bridge. They say nothing of whether a device is there: that is in its configuration space. */
    static byte[] slots() {
        byte[][] slots = new byte[PciBus.MAX_DEVICES - 1][];
        for (int slot = 1; slot < PciBus.MAX_DEVICES; slot++) {
            byte[] eject = Aml.store(integer(1L << slot), Aml.path(CONTROLLER + ".PCEJ"));
            slots[slot - 1] = device(
                    slotName(slot),
                    name("_ADR", integer((long) slot << 16)),
                    name("_SUN", integer(slot)),
                    Aml.method("_EJ0", 1, eject));
        }
        return Aml.concat(slots);
    }

    static byte[] controller() {
        byte[] resources = new ResourceTemplate()
                .ports(HotplugController.PORT, HotplugController.PORTS)
                .build();
        return device(
                "PHPC",
                name("_HID", eisaId("PNP0A06")),
                name("_UID", string("PCI hot-plug")),
                name("_STA", integer(HIDDEN)),
                name("_CRS", resources),
                Aml.portFields("PHPR", HotplugController.PORT, "PCIU", "PCID", "PCEJ"),
                Aml.method("SCAN", 0, scan()));
    }

    /** Reading which slots changed clears them, so each is told once; what came before what goes. */
    private static byte[] scan() {
        byte[] terms = Aml.concat(Aml.store(Aml.path("PCIU"), Aml.LOCAL0), Aml.store(Aml.path("PCID"), Aml.LOCAL1));
        for (int slot = 1; slot < PciBus.MAX_DEVICES; slot++) {
            terms = Aml.concat(terms, tell(Aml.LOCAL0, slot, DEVICE_CHECK));
        }
        for (int slot = 1; slot < PciBus.MAX_DEVICES; slot++) {
            terms = Aml.concat(terms, tell(Aml.LOCAL1, slot, EJECT_REQUEST));
        }
        return terms;
    }

    private static byte[] tell(byte[] changed, int slot, int value) {
        byte[] notification = Aml.notification(HOST_BRIDGE + "." + slotName(slot), value);
        return Aml.ifCommonBits(changed, integer(1L << slot), notification);
    }

    static String slotName(int slot) {
        return String.format(Locale.ROOT, "S%02X", slot);
    }
}
