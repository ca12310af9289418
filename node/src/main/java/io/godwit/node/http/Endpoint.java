package io.godwit.node.http;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import org.apache.pekko.http.javadsl.model.HttpResponse;

/**
 * One method of one path.
 *
 * @param method such as {@code GET}
 * @param path template, such as {@code /v1/vms/{id}}, where {@code {id}} stands for one segment
 * @param queryParameters those it knows; others are refused
 */
record Endpoint(String method, String path, Set<String> queryParameters, Handler handler) {
    /** Answers a request; may throw what {@link Problems} knows. Must not block. */
    @FunctionalInterface
    interface Handler {
        CompletionStage<HttpResponse> handle(Call call);
    }

    static Endpoint of(String method, String path, Handler handler) {
        return new Endpoint(method, path, Set.of(), handler);
    }

    /** The values of the template's variables when the path matches it. */
    Optional<Map<String, String>> match(List<String> segments) {
        List<String> template = List.of(path.substring(1).split("/", -1));
        if (template.size() != segments.size()) {
            return Optional.empty();
        }
        Map<String, String> variables = new HashMap<>();
        for (int i = 0; i < template.size(); i++) {
            String part = template.get(i);
            if (part.startsWith("{") && !segments.get(i).isEmpty()) {
                variables.put(part.substring(1, part.length() - 1), segments.get(i));
            } else if (!part.equals(segments.get(i))) {
                return Optional.empty();
            }
        }
        return Optional.of(variables);
    }
}
