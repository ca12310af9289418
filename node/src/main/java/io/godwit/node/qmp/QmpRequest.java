package io.godwit.node.qmp;

import io.godwit.node.api.Json;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A command as it was read.
 *
 * @param command its name; empty where there is an error
 * @param arguments by name; may hold nulls
 * @param id anything, echoed in the reply
 * @param error what is wrong with it; null where nothing is
 */
record QmpRequest(
        String command,
        Map<?, ?> arguments,
        boolean hasId,
        @Nullable Object id,
        @Nullable QmpException error) {
    /** Reads any bytes: what is no command becomes a request with an error. */
    static QmpRequest read(byte[] json) {
        Map<String, Object> object;
        try {
            object = Json.readObject(json);
        } catch (Json.MalformedJsonException malformed) {
            return wrong("Invalid JSON: " + malformed.getMessage());
        }
        boolean hasId = object.containsKey("id");
        Object id = object.get("id");
        for (String name : object.keySet()) {
            if (!name.equals("execute") && !name.equals("arguments") && !name.equals("id")) {
                String why = name.equals("exec-oob") ? "; out-of-band commands are not offered" : "";
                return wrong("QMP input member '" + shown(name) + "' is unexpected" + why, hasId, id);
            }
        }
        Object arguments = object.getOrDefault("arguments", Map.of());
        if (!object.containsKey("execute")) {
            return wrong("QMP input lacks member 'execute'", hasId, id);
        } else if (!(object.get("execute") instanceof String command)) {
            return wrong("QMP input member 'execute' must be a string", hasId, id);
        } else if (!(arguments instanceof Map<?, ?> map)) {
            return wrong("QMP input member 'arguments' must be an object", hasId, id);
        } else {
            return new QmpRequest(command, map, hasId, id, null);
        }
    }

    static QmpRequest wrong(String desc) {
        return wrong(desc, false, null);
    }

    private static QmpRequest wrong(String desc, boolean hasId, @Nullable Object id) {
        return new QmpRequest("", Map.of(), hasId, id, QmpException.generic(desc));
    }

    private static String shown(String name) {
        return name.length() > 80 ? name.substring(0, 80) + "…" : name;
    }
}
