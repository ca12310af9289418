package io.godwit.node.qmp;

import io.godwit.config.Compression;
import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * QEMU's migration capabilities, as far as they mean something here: three are parameters, two are derived from one,
 * some are always on because nothing works without, and the rest are always off. Setting one to what it always is
 * succeeds; to anything else it is refused by name.
 */
final class QmpCapabilities {
    private static final String COMPRESS = "compress";
    private static final String DIRTY_LIMIT = "dirty-limit";

    private static final Map<String, MigrationParameter<Boolean>> PARAMETERS = Map.of(
            "xbzrle", MigrationParameter.XBZRLE,
            "auto-converge", MigrationParameter.AUTO_CONVERGE,
            "pause-before-switchover", MigrationParameter.PAUSE_BEFORE_SWITCHOVER);

    private static final Map<String, String> ALWAYS_ON = Map.of(
            "multifd", "pages always travel in lanes; set multifd-channels to 1 for a single one",
            "events", "negotiated sessions are always told",
            "return-path", "the target always answers",
            "validate-uuid", "the target always checks which VM it is sent");

    private static final Set<String> ALWAYS_OFF = Set.of(
            "rdma-pin-all",
            "zero-blocks",
            "postcopy-ram",
            "x-colo",
            "release-ram",
            "block",
            "dirty-bitmaps",
            "postcopy-blocktime",
            "postcopy-preempt",
            "late-block-activate",
            "x-ignore-shared",
            "background-snapshot",
            "zero-copy-send",
            "switchover-ack");

    /** As query-migrate-capabilities lists them. */
    private static final List<String> NAMES = java.util.stream.Stream.of(
                    PARAMETERS.keySet(), Set.of(COMPRESS, DIRTY_LIMIT), ALWAYS_ON.keySet(), ALWAYS_OFF)
            .flatMap(Set::stream)
            .sorted()
            .toList();

    private QmpCapabilities() {}

    static List<Map<String, Object>> toJson(MigrationParameters effective) {
        return NAMES.stream()
                .map(name -> {
                    Map<String, Object> capability = new LinkedHashMap<>();
                    capability.put("capability", name);
                    capability.put("state", state(effective, name));
                    return capability;
                })
                .toList();
    }

    private static boolean state(MigrationParameters effective, String name) {
        MigrationParameter<Boolean> parameter = PARAMETERS.get(name);
        if (parameter != null) {
            return effective.get(parameter);
        } else if (name.equals(COMPRESS)) {
            return effective.get(MigrationParameter.COMPRESSION) != Compression.NONE;
        } else if (name.equals(DIRTY_LIMIT)) {
            return effective.get(MigrationParameter.VCPU_DIRTY_LIMIT) != 0;
        }
        return ALWAYS_ON.containsKey(name);
    }

    /**
     * The parameters that setting capabilities means.
     *
     * @param effective what is in force before
     */
    static MigrationParameters parse(List<QmpArguments> capabilities, MigrationParameters effective) {
        MigrationParameters set = MigrationParameters.NONE;
        for (QmpArguments capability : capabilities) {
            String name = capability.requiredText("capability");
            boolean state = capability.requiredFlag("state");
            capability.end();
            set = set.with(meaning(name, state, effective));
        }
        return set;
    }

    private static MigrationParameters meaning(String name, boolean state, MigrationParameters effective) {
        MigrationParameter<Boolean> parameter = PARAMETERS.get(name);
        if (parameter != null) {
            return MigrationParameters.of(parameter, state);
        } else if (!NAMES.contains(name)) {
            throw QmpException.generic("Parameter 'capability' does not accept value '" + name + "'; expected one of "
                    + String.join(", ", NAMES));
        } else if (state(effective, name) == state) {
            return MigrationParameters.NONE;
        } else if (name.equals(COMPRESS)) {
            return MigrationParameters.of(MigrationParameter.COMPRESSION, state ? "zlib" : "none");
        } else if (name.equals(DIRTY_LIMIT) && !state) {
            return MigrationParameters.of(MigrationParameter.VCPU_DIRTY_LIMIT, "unlimited");
        }
        throw QmpException.generic(refusal(name, ALWAYS_ON.get(name)));
    }

    private static String refusal(String name, @Nullable String alwaysOn) {
        if (name.equals(DIRTY_LIMIT)) {
            return "capability dirty-limit: there is no limit yet; set the parameter vcpu-dirty-limit, which switches it"
                    + " on";
        }
        return alwaysOn == null
                ? "capability " + name + " is not available in this version; it stays off"
                : "capability " + name + " stays on: " + alwaysOn;
    }
}
