package io.godwit.control.join;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.join.Seeker.Action;
import io.godwit.control.join.Seeker.Membership;
import io.godwit.control.join.Seeker.Start;
import java.util.List;
import org.junit.jupiter.api.Test;

class SeekerTest {
    private static final JoinTimes TIMES = JoinTimes.DEFAULT;
    private static final ClusterNode SELF = new ClusterNode("c@self:1", 1);
    private static final ClusterNode OTHER = new ClusterNode("c@other:1", 2);
    private static final List<String> OTHERS = List.of(OTHER.address());
    private static final JoinAnswer FORM = new JoinAnswer.Form();
    private static final JoinAnswer WAIT = new JoinAnswer.Wait();
    private static final JoinAnswer OLDER = new JoinAnswer.NotUnderstood();

    private final Seeker first = new Seeker(TIMES, new Start(SELF, OTHERS, true, false));
    private final Seeker any = new Seeker(TIMES, new Start(SELF, OTHERS, false, false));

    private static Action asks(boolean forms) {
        return new Action.Ask(JoinQuestion.outside(SELF, forms));
    }

    private static List<Action> outside(Seeker seeker, long nowMs) {
        return seeker.look(Membership.NONE, nowMs);
    }

    private static Membership with(ClusterNode... up) {
        return new Membership(true, List.of(up), up.length);
    }

    @Test
    void shouldWantToFormAtOnceAsTheFirstSeed() {
        assertThat(outside(first, 0)).containsExactly(asks(true));
        assertThat(outside(first, 1)).as("not again so soon").isEmpty();
        assertThat(first.answered(FORM, 0, 300)).containsExactly(new Action.FormUnless(OTHERS));
        assertThat(first.formsUntilMs()).isEqualTo(TIMES.grantMs());
    }

    @Test
    void shouldWantToFormAsAnyOtherWhenTheLedgerHasAnsweredForLong() {
        outside(any, 0);
        any.unanswered(100);
        any.answered(WAIT, 4_000, 5_000);
        assertThat(outside(any, 4_999 + TIMES.patienceMs())).containsExactly(asks(false));
        assertThat(outside(any, 7_000 + TIMES.patienceMs())).containsExactly(asks(true));
    }

    @Test
    void shouldBePatientAnewAfterTheLedgerWasSilent() {
        any.answered(WAIT, 0, 0);
        any.unanswered(TIMES.patienceMs() / 3);
        any.answered(WAIT, 20_000, 20_000);

        assertThat(outside(any, TIMES.patienceMs())).containsExactly(asks(false));
    }

    @Test
    void shouldBePatientAsTheFirstSeedTooWhereItWasInAClusterBefore() {
        Seeker returning = new Seeker(TIMES, new Start(SELF, OTHERS, true, true));

        assertThat(outside(returning, 0)).containsExactly(asks(false));
    }

    @Test
    void shouldNotBeginWithARightThatComesLate() {
        assertThat(first.answered(FORM, 0, TIMES.beginMs() + 1)).isEmpty();
        assertThat(first.formsUntilMs()).isNegative();
    }

    @Test
    void shouldStopFormingWhenTheRightIsOver() {
        first.answered(FORM, 0, 10);

        assertThat(outside(first, TIMES.grantMs())).containsExactly(asks(true));
        assertThat(outside(first, TIMES.grantMs() + 1)).containsExactly(new Action.JoinBy(OTHERS));
    }

    @Test
    void shouldLeaveAClusterThatItFormedTooLate() {
        first.answered(FORM, 0, 10);

        assertThat(first.look(with(SELF), TIMES.grantMs() + 1)).singleElement().isInstanceOf(Action.BeginAnew.class);
    }

    @Test
    void shouldTellOfTheClusterThatItFormedInTime() {
        first.answered(FORM, 0, 10);

        assertThat(first.look(with(SELF), TIMES.grantMs()))
                .containsExactly(new Action.Ask(new JoinQuestion(SELF, false, List.of(SELF), 1)));
        assertThat(first.formsUntilMs()).as("it is used up").isNegative();
    }

    @Test
    void shouldJoinByWhatTheLeaderNamesAndFormNothingThen() {
        first.answered(FORM, 0, 10);

        assertThat(first.answered(new JoinAnswer.Join(List.of("c@third:1", SELF.address())), 20, 30))
                .containsExactly(new Action.JoinBy(List.of("c@third:1", OTHER.address())));
        assertThat(first.formsUntilMs()).isNegative();
    }

    @Test
    void shouldFormAtOnceWhereThereIsNobodyElse() {
        Seeker alone = new Seeker(TIMES, new Start(SELF, List.of(), true, false));

        assertThat(outside(alone, 0)).containsExactly(new Action.FormUnless(List.of()));
        assertThat(outside(alone, 1)).isEmpty();
        assertThat(alone.look(with(SELF), 2)).doesNotHaveAnyElementsOfTypes(Action.BeginAnew.class);
    }

    @Test
    void shouldLeaveItsClusterOnlyWhenItHasBeenToldOfAnotherForLong() {
        JoinAnswer elsewhere = new JoinAnswer.Join(List.of("c@third:1"));
        any.look(with(OTHER, SELF), 0);

        assertThat(any.answered(elsewhere, 0, 1)).isEmpty();
        any.answered(WAIT, 4_000, 4_001);
        assertThat(any.answered(elsewhere, 8_000, 8_001)).isEmpty();
        assertThat(any.answered(elsewhere, 8_000, 8_000 + TIMES.strayMs())).isEmpty();
        assertThat(any.answered(elsewhere, 8_000, 8_001 + TIMES.strayMs()))
                .singleElement()
                .isInstanceOf(Action.BeginAnew.class);
    }

    @Test
    void shouldFormAsTheFirstSeedUnderAnOlderLeaderOnceAllGrantsAreOver() {
        long lastMs = 0;
        for (long nowMs = 0; nowMs < TIMES.waitMs(); nowMs += TIMES.askMs()) {
            assertThat(first.answered(OLDER, nowMs, nowMs)).isEmpty();
            assertThat(any.answered(OLDER, nowMs, nowMs)).isEmpty();
            lastMs = nowMs;
        }
        long laterMs = lastMs + TIMES.askMs();

        assertThat(first.answered(OLDER, laterMs, laterMs)).containsExactly(new Action.FormUnless(OTHERS));
        assertThat(any.answered(OLDER, laterMs, laterMs)).as("no first seed").isEmpty();
    }

    @Test
    void shouldTellAnOlderLeaderSeldomOfItsCluster() {
        Membership membership = with(OTHER, SELF);
        assertThat(any.look(membership, 0)).hasSize(1);
        assertThat(any.answered(OLDER, 0, 1)).isEmpty();

        assertThat(any.look(membership, TIMES.tellMs())).isEmpty();
        assertThat(any.look(membership, TIMES.patienceMs())).hasSize(1);
        any.answered(WAIT, TIMES.patienceMs(), TIMES.patienceMs());
        assertThat(any.look(membership, TIMES.patienceMs() + TIMES.tellMs())).hasSize(1);
    }

    @Test
    void shouldNotTrustAnOlderLeaderThatMayHaveBeenAwayMeanwhile() {
        first.answered(OLDER, 0, 0);

        assertThat(first.answered(OLDER, TIMES.waitMs(), TIMES.waitMs())).isEmpty();
    }
}
