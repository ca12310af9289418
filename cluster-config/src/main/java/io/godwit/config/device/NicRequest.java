package io.godwit.config.device;

import io.godwit.config.FieldReader;
import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A network interface that is asked for.
 *
 * @param network as named in the hosts' configuration
 * @param mac as {@link NicSpec} has it; null where one is to be derived
 * @param queues pairs of queues, 1 to 8
 */
public record NicRequest(String network, @Nullable String mac, int queues) {
    public NicRequest {
        NicSpec.networkType().parse("network", network);
        if (mac != null) {
            NicSpec.macType().parse("mac", mac);
        }
        if (queues < 1 || queues > NicSpec.MAX_QUEUES) {
            throw new InvalidValueException("queues", queues, "1 to " + NicSpec.MAX_QUEUES);
        }
    }

    /** Reads {@code network, mac, queues}. */
    public static NicRequest parse(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        Optional<String> network = reader.requiredText("network", NicSpec.networkType());
        Optional<String> mac = reader.optionalText("mac", NicSpec.macType());
        Optional<Integer> queues = reader.optionalNumber("queues", ValueType.integer(1, NicSpec.MAX_QUEUES));
        return reader.finish(() -> new NicRequest(network.orElseThrow(), mac.orElse(null), queues.orElse(1)));
    }

    /**
     * The interface.
     *
     * @param vm whose it is, and
     * @param index its number there: without a MAC one is derived from both
     */
    public NicSpec toSpec(String vm, int index) {
        return new NicSpec(network, mac == null ? NicSpec.derivedMac(vm, index) : mac, queues);
    }
}
