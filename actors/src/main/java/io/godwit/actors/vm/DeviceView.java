package io.godwit.actors.vm;

import io.godwit.actors.serialization.Wire;
import io.godwit.vmm.Device;
import io.godwit.vmm.DeviceHealth;
import java.util.List;
import java.util.Locale;

/**
 * A device of a running machine.
 *
 * @param id unique in the machine, such as {@code disk/0}
 * @param kind the id without its number
 * @param state {@code idle}, {@code active}, {@code quiesced} or {@code failed}
 * @param fault why it stopped, or what its host could not do for it; empty where neither is so
 */
public record DeviceView(String id, String kind, String state, String fault) implements Wire {
    /** Those that have a driver which can fail them. */
    static List<DeviceView> of(List<Device> devices) {
        return devices.stream()
                .flatMap(device -> device.health().map(health -> of(device.id(), health)).stream())
                .toList();
    }

    private static DeviceView of(String id, DeviceHealth health) {
        int end = id.indexOf('/');
        String kind = end < 0 ? id : id.substring(0, end);
        return new DeviceView(
                id,
                kind,
                health.state().name().toLowerCase(Locale.ROOT),
                health.fault().orElse(""));
    }
}
