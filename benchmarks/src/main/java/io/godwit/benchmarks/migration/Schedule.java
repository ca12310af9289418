package io.godwit.benchmarks.migration;

import io.godwit.benchmarks.migration.Measurement.FailedMigration;
import io.godwit.benchmarks.migration.Sample.Kind;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.function.Consumer;

/**
 * Which migration follows which. The subjects take turns, in another order each time, so that whatever the machine does
 * meanwhile befalls all of them; a guest whose turn it is not is paused.
 *
 * @param warmUps migrations of each subject before those that count, under the first load
 * @param runs migrations of each subject that count, under each load
 * @param limit for one migration
 * @param preparation of the machine, before each migration
 */
record Schedule(int warmUps, int runs, Duration limit, Preparation preparation) {
    /** What puts the machine into the same state for all. */
    interface Preparation {
        void prepare() throws IOException;
    }

    /** Told when warming up has ended. */
    interface Warm {
        void reached() throws IOException;
    }

    List<Sample> run(List<Subject> subjects, List<Load> loads, Warm warm, Consumer<Sample> tell)
            throws IOException, InterruptedException {
        List<Sample> samples = new ArrayList<>();
        Consumer<Sample> take = sample -> {
            samples.add(sample);
            tell.accept(sample);
        };
        boolean fresh = true;
        for (Load load : loads) {
            List<Subject> taking = new ArrayList<>(subjects);
            for (Subject subject : subjects) {
                subject.startGuest(load);
            }
            if (fresh) {
                for (int i = 1; i <= warmUps; i++) {
                    round(taking, load, i == 1 ? Kind.FIRST : Kind.WARM_UP, i, take);
                }
                warm.reached();
                fresh = false;
            }
            for (int i = 1; i <= runs; i++) {
                round(taking, load, Kind.MEASURED, i, take);
                Collections.rotate(taking, 1);
            }
            for (Subject subject : subjects) {
                subject.endGuest();
            }
        }
        return samples;
    }

    /** One migration of each; a subject that cannot go on takes no further part under this load. */
    private void round(List<Subject> taking, Load load, Kind kind, int run, Consumer<Sample> take)
            throws InterruptedException {
        for (Subject subject : List.copyOf(taking)) {
            try {
                preparation.prepare();
                Sample.Figures figures = new Measurement(subject, limit).migrate();
                take.accept(Sample.of(subject.name(), load, kind, run, figures));
            } catch (FailedMigration failed) {
                take.accept(Sample.failed(subject.name(), load, kind, run, String.valueOf(failed.getMessage())));
            } catch (IOException | RuntimeException | AssertionError broken) {
                take.accept(Sample.failed(subject.name(), load, kind, run, "given up under this load: " + broken));
                taking.remove(subject);
            }
        }
    }
}
