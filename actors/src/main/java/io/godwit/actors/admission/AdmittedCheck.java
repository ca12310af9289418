package io.godwit.actors.admission;

import io.godwit.actors.migration.Manifest;
import io.godwit.config.LaneSettings;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.transport.StreamEndpoint;
import java.util.HashSet;
import java.util.List;
import java.util.regex.Pattern;

/** Whether a target's yes can be believed, before a byte is sent where it says. */
public final class AdmittedCheck {
    /** An address as digits: a name would be looked up. */
    private static final Pattern ADDRESS =
            Pattern.compile("[0-9]{1,3}(\\.[0-9]{1,3}){3}|[0-9a-fA-F:.]{2,45}(%[\\w]{1,16})?");

    private static final Pattern INCARNATION = Pattern.compile("[A-Za-z0-9._-]{1,64}");

    private AdmittedCheck() {}

    /**
     * Every fault, each naming its field; empty for an answer that makes sense.
     *
     * @param asked the host that was asked
     * @param manifest what it was asked with
     * @param protocol the version it chose
     */
    public static List<String> faults(
            String asked, Manifest manifest, HostIdentity host, List<StreamEndpoint> lanes, int protocol) {
        Faults faults = new Faults("admission");
        faults.check(host.hostId().equals(asked), "host.hostId", '"' + host.hostId() + '"', asked);
        faults.text(
                "host.incarnation",
                host.incarnation(),
                text -> INCARNATION.matcher(text).matches(),
                "1 to 64 letters, digits, '.', '_' or '-'");
        faults.check(
                manifest.protocol().contains(protocol),
                "protocol",
                protocol,
                manifest.protocol() + ", as was offered,");
        if (faults.check(
                !lanes.isEmpty() && lanes.size() <= LaneSettings.MAX_CHANNELS,
                "lanes",
                lanes.size() + " entries",
                "1 to " + LaneSettings.MAX_CHANNELS)) {
            lanes.forEach(lane -> faults.text(
                    "lanes.host", lane.host(), text -> ADDRESS.matcher(text).matches(), "an address in digits"));
            faults.check(new HashSet<>(lanes).size() == lanes.size(), "lanes", lanes, "a different one for each lane");
        }
        return faults.found();
    }
}
