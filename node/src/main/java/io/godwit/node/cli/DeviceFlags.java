package io.godwit.node.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Option;

/**
 * The flags of {@code vm create} that give a VM its devices. Only their shape is looked at here: what a name or a number
 * may be, the node that is asked knows.
 */
final class DeviceFlags {
    @Option(
            names = "--disk",
            paramLabel = "POOL/VOLUME[,ro][,cache=none][,queues=N]",
            description = "a disk; repeat for more, in the order in which the guest finds them")
    private List<String> disks = List.of();

    @Option(
            names = "--nic",
            paramLabel = "NETWORK[,mac=MAC][,queues=N]",
            description = "a network interface; repeat for more; without MAC one is derived from the VM's name")
    private List<String> nics = List.of();

    @Option(
            names = "--device",
            paramLabel = "KIND",
            split = ",",
            description = "rng, console or balloon; repeat for more")
    private List<String> devices = List.of();

    /** Adds what was given to a request's body. */
    void addTo(Map<String, Object> body, Session session) {
        put(
                body,
                "disks",
                disks.stream().map(disk -> disk("--disk", disk, session)).toList());
        put(body, "nics", nics.stream().map(nic -> nic("--nic", nic, session)).toList());
        put(body, "devices", devices);
    }

    private static void put(Map<String, Object> body, String field, List<?> values) {
        if (!values.isEmpty()) {
            body.put(field, new ArrayList<>(values));
        }
    }

    /** One disk's fields; {@code name} is what the operator calls the flag or parameter. */
    static Map<String, Object> disk(String name, String flag, Session session) {
        return fields(name, flag, "volume", "ro, cache=none, cache=writeback or queues=N", session);
    }

    /** One interface's fields. */
    static Map<String, Object> nic(String name, String flag, Session session) {
        return fields(name, flag, "network", "mac=MAC or queues=N", session);
    }

    private static Map<String, Object> fields(
            String option, String flag, String first, String accepted, Session session) {
        String[] parts = flag.split(",", -1);
        Map<String, Object> fields = new LinkedHashMap<>();
        fields.put(first, parts[0]);
        for (int i = 1; i < parts.length; i++) {
            int equals = parts[i].indexOf('=');
            String name = equals < 0 ? parts[i] : parts[i].substring(0, equals);
            String value = parts[i].substring(equals + 1);
            String field = name.equals("ro") ? "readOnly" : name;
            if (!isAccepted(first, name, equals >= 0, value) || fields.containsKey(field)) {
                throw session.usage(option + " " + flag + ": \"" + parts[i] + "\" is not accepted here; expected "
                        + accepted + ", each once");
            }
            fields.put(
                    field, name.equals("ro") ? true : name.equals("queues") ? (Object) Integer.valueOf(value) : value);
        }
        return fields;
    }

    private static boolean isAccepted(String first, String name, boolean hasValue, String value) {
        boolean ofDisk = first.equals("volume");
        return switch (name) {
            case "ro" -> ofDisk && !hasValue;
            case "cache" -> ofDisk && hasValue;
            case "mac" -> !ofDisk && hasValue;
            case "queues" -> hasValue && value.matches("[0-9]{1,4}");
            default -> false;
        };
    }
}
