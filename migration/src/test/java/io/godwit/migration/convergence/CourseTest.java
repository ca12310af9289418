package io.godwit.migration.convergence;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import io.godwit.config.MigrationSettings;
import io.godwit.config.TimeoutAction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * The decisions of whole migrations, over thousands of guests and settings drawn from seeds, on a virtual clock. {@code
 * -Dgodwit.course.seed=N} runs that one alone.
 */
@Timeout(120)
class CourseTest {
    private static final int SEEDS = Integer.getInteger("godwit.course.seeds", 20_000);
    private static final int ONLY = Integer.getInteger("godwit.course.seed", -1);

    /** Twenty minutes of virtual time, for a migration that was given no end and need not have one. */
    private static final double WATCHED_MS = 1_200_000;

    @Test
    void shouldEndEveryMigrationAsAskedAndNeverPauseLongerThanAllowed() {
        Map<String, Integer> ends = new TreeMap<>();
        for (int seed = ONLY < 0 ? 0 : ONLY; seed < (ONLY < 0 ? SEEDS : ONLY + 1); seed++) {
            Run run = new Run(seed);
            run.run();
            run.check();
            ends.merge(run.end(), 1, Integer::sum);
        }
        System.out.println("of " + SEEDS + " migrations: " + ends);
        if (ONLY < 0) {
            assertThat(ends.keySet()).contains("SwitchOver", "Suspend", "Cancel", "goes on");
        }
    }

    /** 64 MB that are written all the time count as 64 MB in a first round of 10 s: 6 MB/s, it seems. */
    @Test
    void shouldNotLookAheadWithTheRateOfTheLongFirstRound() {
        Course course = new Course(ConvergencePolicy.DEFAULT);
        MigrationSettings settings = MigrationSettings.of(MigrationParameters.NONE);
        course.begun(1_000_000_000);
        course.sent(1_000_000_000, 0, 10);
        course.harvested(64_000_000, 64_000_000, 10);
        course.decide(settings, 10, false, 10_000, false);
        assertThat(course.fitsSoon()).as("after the first round").isFalse();
        course.sent(64_000_000, 0, 0.64);
        course.harvested(64_000_000, 64_000_000, 0.64);
        course.decide(settings, 10, false, 10_640, false);
        assertThat(course.fitsSoon()).as("a hot set that stays").isFalse();
        course.sent(64_000_000, 0, 0.64);
        course.harvested(500_000, 35_000_000, 0.64);
        course.decide(settings, 10, false, 11_280, false);
        assertThat(course.fitsSoon()).as("350 ms now, next to nothing then").isTrue();
    }

    /** One migration: an engine without pages. */
    private static final class Run {
        private final int seed;
        private final GuestModel guest;
        private final MigrationSettings settings;
        private final double bytesPerSecond;
        private final double fixedCostMs;
        private final double prepareMs;
        private final double finishAtMs;
        private final Course course = new Course(ConvergencePolicy.DEFAULT);
        private final List<Integer> throttles = new ArrayList<>(List.of(0));
        private double nowMs;
        private double pageBytes;
        private double wantedMs = -1;
        private double decidedMs;
        private int harvests = 1;
        private Verdict last = new Verdict.Continue(new Prediction(0, 0, 1), true);

        Run(int seed) {
            this.seed = seed;
            SplittableRandom random = new SplittableRandom(seed);
            guest = GuestModel.random(random);
            settings = settings(random);
            bytesPerSecond = Math.pow(10, 6 + random.nextDouble() * 3.5);
            fixedCostMs = random.nextDouble() * 30;
            prepareMs = random.nextInt(3) == 0 ? random.nextInt(2_000) : random.nextInt(30);
            finishAtMs = random.nextInt(10) == 0 ? random.nextInt(60_000) : Double.POSITIVE_INFINITY;
        }

        private static MigrationSettings settings(SplittableRandom random) {
            MigrationParameters parameters = MigrationParameters.of(
                            MigrationParameter.DOWNTIME_LIMIT, (1 + random.nextInt(2_000)) + "ms")
                    .with(MigrationParameter.AUTO_CONVERGE, random.nextBoolean())
                    .with(MigrationParameter.THROTTLE_INITIAL, 1 + random.nextInt(60))
                    .with(MigrationParameter.THROTTLE_INCREMENT, 1 + random.nextInt(40))
                    .with(MigrationParameter.THROTTLE_MAX, 60 + random.nextInt(40))
                    .with(MigrationParameter.QUICKLY_FINISH, random.nextInt(4) == 0);
            if (random.nextBoolean()) {
                parameters = parameters
                        .with(MigrationParameter.TIMEOUT, (1 + random.nextInt(120_000)) + "ms")
                        .with(
                                MigrationParameter.TIMEOUT_ACTION,
                                TimeoutAction.values()[random.nextInt(3)].name().toLowerCase(java.util.Locale.ROOT));
            }
            return MigrationSettings.of(parameters);
        }

        void run() {
            course.begun(guest.memoryBytes);
            pageBytes = guest.memoryBytes;
            double harvestedMs = 0;
            send();
            while (nowMs < WATCHED_MS) {
                double seconds = (nowMs - harvestedMs) / 1000;
                double fresh = guest.run(seconds, course.throttlePercent());
                harvestedMs = nowMs;
                pageBytes = Math.min((double) guest.memoryBytes, pageBytes + fresh);
                course.harvested((long) fresh, (long) pageBytes, seconds);
                harvests++;
                boolean mayPause = wantedMs >= 0 && nowMs >= wantedMs + prepareMs;
                decidedMs = nowMs;
                last = course.decide(settings, fixedCostMs, mayPause, nowMs, finishNow());
                if (!(last instanceof Verdict.Continue || last instanceof Verdict.Throttle)) {
                    return;
                }
                if (course.throttlePercent() != throttles.get(throttles.size() - 1)) {
                    throttles.add(course.throttlePercent());
                }
                boolean asked = Ending.of(settings.ending(), nowMs, finishNow()) == Ending.PAUSE;
                if (wantedMs < 0 && (course.fitsSoon() || asked)) {
                    wantedMs = nowMs;
                }
                send();
            }
        }

        private boolean finishNow() {
            return nowMs >= finishAtMs;
        }

        /** As the engine: a round is left when the end that was asked for may come. */
        private void send() {
            double fullMs = pageBytes / bytesPerSecond * 1000;
            double sendMs = fullMs;
            for (double passed = 0; passed < fullMs; passed += 20) {
                Ending ending = Ending.of(settings.ending(), nowMs + passed, nowMs + passed >= finishAtMs);
                if (ending == Ending.PAUSE && wantedMs < 0) {
                    wantedMs = nowMs + passed;
                }
                if (ending == Ending.CANCEL || (ending == Ending.PAUSE && nowMs + passed >= wantedMs + prepareMs)) {
                    sendMs = passed;
                    break;
                }
                if (fullMs > 200_000) {
                    passed += 500;
                }
            }
            double part = fullMs == 0 ? 1 : sendMs / fullMs;
            course.sent((long) (pageBytes * part), 0, sendMs / 1000);
            pageBytes *= 1 - part;
            nowMs += sendMs + (course.isPolishing() ? 1 : Math.max(1, 10 - sendMs));
        }

        String end() {
            return over() ? last.getClass().getSimpleName() : "goes on";
        }

        private boolean over() {
            return !(last instanceof Verdict.Continue || last instanceof Verdict.Throttle);
        }

        void check() {
            String told = "seed " + seed + ": " + guest + ", " + settings + ", " + bytesPerSecond + " B/s, now " + nowMs
                    + " ms, finish at " + finishAtMs + ", " + last;
            if (last instanceof Verdict.SwitchOver over) {
                assertThat(over.prediction().downtimeMs())
                        .as(told)
                        .isLessThanOrEqualTo(AllowedPause.ms(settings, harvests));
                assertThat(pageBytes / bytesPerSecond * 1000 + fixedCostMs)
                        .as("the pause itself; " + told)
                        .isLessThanOrEqualTo(AllowedPause.ms(settings, harvests) * 1.5 + 1);
            } else if (last instanceof Verdict.GiveUp) {
                assertThat(fixedCostMs).as(told).isGreaterThan(settings.downtimeLimitMs());
                assertThat(settings.ending().quicklyFinish()).as(told).isFalse();
            }
            checkEnd(told);
            checkThrottle(told);
        }

        private void checkEnd(String told) {
            long timeoutMs = settings.ending().timeoutMs();
            TimeoutAction action = settings.ending().timeoutAction();
            double slackMs = prepareMs + 2_000;
            boolean suspends = timeoutMs > 0 && action == TimeoutAction.SUSPEND;
            boolean cancels = timeoutMs > 0 && action == TimeoutAction.CANCEL;
            if (last instanceof Verdict.Suspend) {
                assertThat(finishNow() || (suspends && nowMs >= timeoutMs))
                        .as(told)
                        .isTrue();
            }
            if (last instanceof Verdict.Cancel) {
                assertThat(cancels && nowMs >= timeoutMs).as(told).isTrue();
            }
            double due = Math.min(finishAtMs, suspends || cancels ? timeoutMs : Double.POSITIVE_INFINITY);
            assertThat(nowMs).as("it ends when asked; " + told).isLessThanOrEqualTo(due + slackMs);
            if (!over()) {
                assertThat(due).as("it was given no end; " + told).isGreaterThan(WATCHED_MS - slackMs);
                // Stuck for ever is only what needs a longer pause than all that was allowed.
                assertThat(wantedMs >= 0 && last.prediction().fits() && decidedMs > wantedMs + slackMs + polishMs())
                        .as(told)
                        .isFalse();
            }
        }

        /** A rest that fits may be sent some more times, to make the pause shorter than it has to be. */
        private double polishMs() {
            return (ConvergencePolicy.DEFAULT.maxPolishRounds() + 1.0) * AllowedPause.ms(settings, harvests);
        }

        private void checkThrottle(String told) {
            assertThat(settings.throttle().autoConverge() || throttles.size() == 1)
                    .as(told)
                    .isTrue();
            for (int i = 1; i < throttles.size(); i++) {
                int before = throttles.get(i - 1);
                int step = before == 0
                        ? settings.throttle().initialPercent()
                        : before + settings.throttle().incrementPercent();
                assertThat(throttles.get(i))
                        .as(told)
                        .isEqualTo(Math.min(step, settings.throttle().maxPercent()));
            }
        }
    }
}
