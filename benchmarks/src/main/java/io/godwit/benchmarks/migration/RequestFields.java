package io.godwit.benchmarks.migration;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;

/** Fields of {@code POST /v1/vms/{id}/migrations}, as somebody typed them. */
final class RequestFields {
    private static final ObjectMapper JSON = new ObjectMapper().enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);
    private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

    private RequestFields() {}

    /**
     * Reads a JSON object.
     *
     * @throws IllegalArgumentException naming the text and what would be accepted
     */
    static Map<String, Object> parse(String text) {
        try {
            Map<String, Object> fields = JSON.readValue(text, OBJECT);
            if (fields != null) {
                return fields;
            }
        } catch (JsonProcessingException malformed) {
            // Said below.
        }
        throw new IllegalArgumentException("--param " + text + " is not accepted; expected a JSON object of fields of"
                + " POST /v1/vms/{id}/migrations, such as '{\"verify\": \"none\"}'");
    }
}
