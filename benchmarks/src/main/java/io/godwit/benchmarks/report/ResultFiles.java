package io.godwit.benchmarks.report;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** What a benchmark leaves behind: {@code NAME.json} with everything, {@code NAME.md} for people. */
public final class ResultFiles {
    private static final ObjectMapper JSON =
            JsonMapper.builder().enable(SerializationFeature.INDENT_OUTPUT).build();

    private ResultFiles() {}

    /** Writes both, and returns the JSON's file. Records and maps become objects under their components' names. */
    public static Path write(Path directory, String name, Map<String, ?> results, String markdown) throws IOException {
        Files.createDirectories(directory);
        Files.writeString(directory.resolve(name + ".md"), markdown);
        return Files.writeString(directory.resolve(name + ".json"), json(results) + "\n");
    }

    static String json(Map<String, ?> results) throws IOException {
        return JSON.writeValueAsString(results);
    }
}
