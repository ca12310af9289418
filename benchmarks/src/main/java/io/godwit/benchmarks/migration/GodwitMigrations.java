package io.godwit.benchmarks.migration;

import io.godwit.benchmarks.migration.Measurement.FailedMigration;
import io.godwit.benchmarks.migration.Sample.Kind;
import io.godwit.integration.harness.TestCluster;
import java.io.IOException;
import java.time.Duration;

/** One guest that Godwit moves there and back, for benchmarks that compare it with nothing. */
public final class GodwitMigrations implements AutoCloseable {
    private static final Duration LIMIT = Duration.ofMinutes(2);

    private final GodwitSubject subject;
    private final Load load;

    private GodwitMigrations(GodwitSubject subject, Load load) {
        this.subject = subject;
        this.load = load;
    }

    /**
     * Starts the guest at alpha.
     *
     * @param parameters a JSON object, fields of the migration's request
     */
    public static GodwitMigrations start(TestCluster cluster, int memoryMiB, String parameters, Load load)
            throws IOException {
        GodwitSubject subject = new GodwitSubject(cluster, memoryMiB, RequestFields.parse(parameters), false);
        subject.startGuest(load);
        return new GodwitMigrations(subject, load);
    }

    /** The host that has the guest. */
    public String source() {
        return subject.source();
    }

    /** Migrates to the other host. */
    public Sample next(Kind kind, int run) throws IOException, InterruptedException {
        try {
            return Sample.of(subject.name(), load, kind, run, new Measurement(subject, LIMIT).migrate());
        } catch (FailedMigration failed) {
            return Sample.failed(subject.name(), load, kind, run, String.valueOf(failed.getMessage()));
        }
    }

    @Override
    public void close() {
        subject.close();
    }
}
