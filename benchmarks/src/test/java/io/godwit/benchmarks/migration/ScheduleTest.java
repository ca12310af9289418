package io.godwit.benchmarks.migration;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.vmm.probe.GuestMemoryFile;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** Subjects that fail each in its way: what the schedule does about it, without a guest. */
class ScheduleTest {
    private final List<String> calls = new ArrayList<>();

    /** Cannot be resumed, which is where each migration begins. */
    private final class Broken implements Subject {
        private final String name;

        Broken(String name) {
            this.name = name;
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public void startGuest(Load load) {
            calls.add(name + " start " + load.rateMBps());
        }

        @Override
        public void resume() throws IOException {
            calls.add(name + " resume");
            throw new IOException("no such guest");
        }

        @Override
        public void prepareTarget() {
            throw new AssertionError("was not resumed");
        }

        @Override
        public GuestMemoryFile sourceMemory() {
            throw new AssertionError("was not resumed");
        }

        @Override
        public GuestMemoryFile targetMemory() {
            throw new AssertionError("was not resumed");
        }

        @Override
        public List<Long> pids() {
            return List.of();
        }

        @Override
        public void begin() {
            throw new AssertionError("was not resumed");
        }

        @Override
        public Optional<Outcome> outcome() {
            return Optional.empty();
        }

        @Override
        public void awaitReleased(Duration limit) {}

        @Override
        public void arrive(boolean completed) {}

        @Override
        public void pause() {
            calls.add(name + " pause");
        }

        @Override
        public void endGuest() {
            calls.add(name + " end");
        }

        @Override
        public void close() {}
    }

    @Test
    void shouldReportASubjectThatCannotGoOnAndTryItAgainUnderTheNextLoad() throws Exception {
        List<Sample> told = new ArrayList<>();
        List<Sample> samples = new Schedule(1, 3, Duration.ofSeconds(1), () -> {})
                .run(
                        List.of(new Broken("one")),
                        List.of(new Load(50, 64), new Load(200, 512)),
                        () -> calls.add("warm"),
                        told::add);

        assertThat(calls)
                .containsExactly(
                        "one start 50", "one resume", "warm", "one end", "one start 200", "one resume", "one end");
        assertThat(samples).isEqualTo(told).hasSize(2);
        assertThat(samples.get(0).kind()).isEqualTo(Sample.Kind.FIRST);
        assertThat(samples.get(1).failure()).contains("given up").contains("no such guest");
    }

    @Test
    void shouldTakeTurns() throws Exception {
        new Schedule(0, 1, Duration.ofSeconds(1), () -> {})
                .run(
                        List.of(new Broken("one"), new Broken("two")),
                        List.of(new Load(50, 64)),
                        () -> calls.add("warm"),
                        sample -> {});

        assertThat(calls)
                .containsExactly(
                        "one start 50", "two start 50", "warm", "one resume", "two resume", "one end", "two end");
    }
}
