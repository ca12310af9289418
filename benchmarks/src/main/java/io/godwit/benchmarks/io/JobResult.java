package io.godwit.benchmarks.io;

import com.fasterxml.jackson.annotation.JsonIgnoreProperties;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;

/**
 * What the drive guest prints about one job; its README has the meanings.
 *
 * @param job its number, from 0
 * @param ns how long it took
 */
@JsonIgnoreProperties(ignoreUnknown = true)
record JobResult(
        int job, long ns, long operations, long bytes, long errors, long bells, long meanNs, long p50Ns, long p99Ns) {
    private static final ObjectMapper JSON = new ObjectMapper();

    /** @throws IOException when the line is not one, or of a job that found errors or did nothing */
    static JobResult parse(String line) throws IOException {
        try {
            JobResult result = JSON.readValue(line, JobResult.class);
            if (result.errors != 0 || result.operations == 0 || result.ns <= 0) {
                throw new IOException("the guest met errors or did nothing: " + line);
            }
            return result;
        } catch (JsonProcessingException malformed) {
            throw new IOException("not a result of the guest: " + line, malformed);
        }
    }

    double operationsPerSecond() {
        return operations * 1e9 / ns;
    }

    double bytesPerSecond() {
        return bytes * 1e9 / ns;
    }
}
