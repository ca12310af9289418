package io.godwit.benchmarks.qemu;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;

/** One line that QEMU's monitor sends; the four kinds of the QEMU Machine Protocol specification. */
sealed interface QmpMessage {
    ObjectMapper JSON = new ObjectMapper();

    /** What a monitor says first; {@code version} such as 7.2.22. */
    record Greeting(String version) implements QmpMessage {}

    /** The value of the command with this id. */
    record Return(long id, JsonNode value) implements QmpMessage {}

    /** Why the command with this id, or -1 where QEMU could not read one, was not carried out. */
    record Failure(long id, String errorClass, String description) implements QmpMessage {}

    /** Something that happened. */
    record Event(String name, JsonNode data) implements QmpMessage {}

    /**
     * Reads a line.
     *
     * @throws QmpException when it is none of the four
     */
    static QmpMessage parse(String line) throws QmpException {
        JsonNode json = read(line);
        if (json.path("QMP").isObject()) {
            JsonNode version = json.path("QMP").path("version").path("qemu");
            return new Greeting("%d.%d.%d"
                    .formatted(
                            version.path("major").asInt(),
                            version.path("minor").asInt(),
                            version.path("micro").asInt()));
        }
        if (json.has("return")) {
            return new Return(json.path("id").asLong(-1), json.path("return"));
        }
        if (json.path("error").isObject()) {
            JsonNode error = json.path("error");
            return new Failure(
                    json.path("id").asLong(-1),
                    error.path("class").asText(),
                    error.path("desc").asText());
        }
        if (json.path("event").isTextual()) {
            return new Event(json.path("event").asText(), json.path("data"));
        }
        throw new QmpException(
                "QEMU's monitor said " + shortened(line) + "; expected an object with QMP, return, error or event");
    }

    private static JsonNode read(String line) throws QmpException {
        try {
            return JSON.readTree(line);
        } catch (JsonProcessingException malformed) {
            throw new QmpException("QEMU's monitor said " + shortened(line) + ", which is no JSON");
        }
    }

    private static String shortened(String line) {
        return '"' + (line.length() <= 80 ? line : line.substring(0, 80) + "...") + '"';
    }
}
