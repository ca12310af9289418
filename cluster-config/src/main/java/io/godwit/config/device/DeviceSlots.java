package io.godwit.config.device;

import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * Which of a VM's devices is in which slot of its PCI bus. A device's id is its kind and its number among its kind, such
 * as {@code disk/0}; both stay the same for as long as the VM has it, whatever else comes and goes.
 */
public final class DeviceSlots {
    public static final String DISK = "disk";
    public static final String NIC = "nic";
    /** Slot 0 is the host bridge's. */
    public static final int FIRST_SLOT = 1;

    public static final int LAST_SLOT = 31;

    private static final String FIELD = "slots";
    private static final Pattern PLUGGABLE = Pattern.compile("(disk|nic)/(0|[1-9][0-9]?)");

    private DeviceSlots() {}

    public static String id(String kind, int number) {
        return kind + "/" + number;
    }

    public static String id(GuestDevice device) {
        return id(device.name().toLowerCase(Locale.ROOT), 0);
    }

    /** The id of a device that can come and go: a disk's or an interface's. */
    public static ValueType<String> pluggableType() {
        return ValueType.of(
                "disk/N or nic/N, as the VM shows its devices",
                text -> PLUGGABLE.matcher(text).matches(),
                text -> text);
    }

    /** Slot by device id as the order of devices gives them: disks, then network interfaces, then what else there is. */
    public static SortedMap<String, Integer> inOrder(int disks, int nics, SortedSet<GuestDevice> devices) {
        List<String> ids = new ArrayList<>(ids(DISK, disks));
        ids.addAll(ids(NIC, nics));
        devices.forEach(device -> ids.add(id(device)));
        SortedMap<String, Integer> slots = new TreeMap<>();
        ids.forEach(id -> slots.put(id, FIRST_SLOT + slots.size()));
        return slots;
    }

    /** The first so many ids of a kind. */
    public static List<String> ids(String kind, int count) {
        return IntStream.range(0, count).mapToObj(number -> id(kind, number)).toList();
    }

    /** Ids of one kind, by their numbers: as the VM's list of that kind has them. */
    public static List<String> idsOf(String kind, Map<String, Integer> slots, int most) {
        return ids(kind, most).stream().filter(slots::containsKey).toList();
    }

    /**
     * Refuses slots that are not those of so many disks, so many interfaces and these devices.
     *
     * @throws InvalidValueException naming the device or slot
     */
    public static void check(
            Map<String, Integer> slots, int disks, int mostDisks, int nics, int mostNics, Set<GuestDevice> devices) {
        Set<String> known = new HashSet<>(idsOf(DISK, slots, mostDisks));
        checkCount(DISK, known.size(), disks);
        List<String> interfaces = idsOf(NIC, slots, mostNics);
        checkCount(NIC, interfaces.size(), nics);
        known.addAll(interfaces);
        devices.forEach(device -> known.add(id(device)));
        if (!known.equals(slots.keySet())) {
            throw new InvalidValueException(FIELD, slots.keySet(), "the VM's devices " + known);
        }
        Set<Integer> taken = new HashSet<>();
        // From outside, where a map may hold anything.
        ((Map<?, ?>) slots).forEach((id, slot) -> checkSlot(id, slot, taken));
    }

    private static void checkCount(String kind, int found, int expected) {
        if (found != expected) {
            throw new InvalidValueException(FIELD, found + " ids of kind " + kind, expected + ", one for each");
        }
    }

    private static void checkSlot(Object id, @Nullable Object slot, Set<Integer> taken) {
        if (!(slot instanceof Integer number) || number < FIRST_SLOT || number > LAST_SLOT || !taken.add(number)) {
            throw new InvalidValueException(
                    FIELD, id + " in " + slot, "a slot of its own from " + FIRST_SLOT + " to " + LAST_SLOT);
        }
    }

    /**
     * The least slot that nobody has.
     *
     * @throws InvalidValueException when all are taken
     */
    public static int free(Collection<Integer> taken) {
        return IntStream.rangeClosed(FIRST_SLOT, LAST_SLOT)
                .filter(slot -> !taken.contains(slot))
                .findFirst()
                .orElseThrow(() -> new InvalidValueException(
                        FIELD, taken.size() + " devices", "at most " + LAST_SLOT + " on one PCI bus"));
    }
}
