package io.godwit.control.join;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.join.JoinArbiter.Led;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class JoinArbiterTest {
    private static final JoinTimes TIMES = JoinTimes.DEFAULT;
    private static final Led FIRST = new Led(1, 0, true);
    private static final JoinAnswer WAIT = new JoinAnswer.Wait();
    private static final JoinAnswer FORM = new JoinAnswer.Form();

    private final JoinArbiter arbiter = new JoinArbiter(TIMES);

    private static ClusterNode node(String host) {
        return new ClusterNode("c@" + host + ":7401", host.hashCode());
    }

    private static JoinAnswer join(String... hosts) {
        return new JoinAnswer.Join(
                Stream.of(hosts).map(host -> node(host).address()).toList());
    }

    private JoinAnswer wouldForm(Led led, String host, long nowMs) {
        return arbiter.answer(led, JoinQuestion.outside(node(host), true), nowMs)
                .orElseThrow();
    }

    private JoinAnswer tells(Led led, long nowMs, String... members) {
        List<ClusterNode> nodes = Stream.of(members).map(JoinArbiterTest::node).toList();
        return arbiter.answer(led, new JoinQuestion(nodes.get(0), false, nodes, nodes.size()), nowMs)
                .orElseThrow();
    }

    @Test
    void shouldGrantTheRightToOneUntilItIsSurelyOver() {
        assertThat(wouldForm(FIRST, "a", 100)).isEqualTo(FORM);
        assertThat(wouldForm(FIRST, "b", 101)).isEqualTo(join("a"));
        assertThat(wouldForm(FIRST, "a", 200)).as("asked again").isEqualTo(FORM);
        assertThat(wouldForm(FIRST, "b", 199 + TIMES.waitMs())).isEqualTo(join("a"));
        assertThat(wouldForm(FIRST, "b", 200 + TIMES.waitMs())).isEqualTo(FORM);
    }

    @Test
    void shouldGrantNothingToWhoWouldNotForm() {
        JoinQuestion looks = JoinQuestion.outside(node("a"), false);

        assertThat(arbiter.answer(FIRST, looks, 1)).contains(WAIT);
        assertThat(wouldForm(FIRST, "b", 2)).isEqualTo(FORM);
        assertThat(arbiter.answer(FIRST, looks, 3)).contains(join("b"));
    }

    @Test
    void shouldGrantNothingBeforeALaterLeaderHasWaited() {
        Led second = new Led(2, 500, false);

        assertThat(wouldForm(second, "a", 499 + TIMES.waitMs())).isEqualTo(WAIT);
        assertThat(wouldForm(second, "a", 500 + TIMES.waitMs())).isEqualTo(FORM);
    }

    @Test
    void shouldForgetWithItsTermAndAnswerNothingOfAnEarlierOne() {
        wouldForm(FIRST, "a", 1);
        long laterMs = TIMES.waitMs() + 10;

        assertThat(wouldForm(new Led(3, 5, false), "b", laterMs)).isEqualTo(FORM);
        assertThat(arbiter.answer(FIRST, JoinQuestion.outside(node("a"), true), laterMs))
                .isEmpty();
    }

    @Test
    void shouldNameTheClusterThatItHearsOfUntilItHasBeenSilentForLong() {
        assertThat(tells(FIRST, 10, "a", "b")).isEqualTo(WAIT);
        assertThat(wouldForm(FIRST, "c", 9 + TIMES.rememberMs())).isEqualTo(join("a", "b"));
        assertThat(wouldForm(FIRST, "c", 10 + TIMES.rememberMs())).isEqualTo(FORM);
    }

    @Test
    void shouldNameNobodyItsOwnFormerLife() {
        tells(FIRST, 10, "a");
        JoinQuestion nextLife = JoinQuestion.outside(new ClusterNode(node("a").address(), 77), true);

        assertThat(arbiter.answer(FIRST, nextLife, 20)).contains(FORM);
    }

    @Test
    void shouldTellTheSmallerOfTwoClustersOfTheOtherOnceItCanHaveHeardOfAll() {
        Led led = new Led(4, 0, false);
        tells(led, 10, "a");

        assertThat(tells(led, 20, "b")).as("a new leader does not judge").isEqualTo(WAIT);
        assertThat(tells(led, TIMES.waitMs(), "b")).isEqualTo(join("a"));
        assertThat(tells(led, TIMES.waitMs(), "c", "d")).as("the larger one").isEqualTo(WAIT);
        assertThat(tells(led, TIMES.waitMs(), "a")).isEqualTo(join("c", "d"));
        assertThat(tells(led, TIMES.waitMs(), "d", "e")).as("the same, changed").isEqualTo(WAIT);
    }
}
