package io.godwit.actors.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.List;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class TermRoundsTest {
    private static final Duration SOON = Duration.ofSeconds(10);
    private static final long PATIENT_MS = 30_000;

    /** A voter that answers when the test says so. */
    private static final class Peer implements Supplier<CompletableFuture<Long>> {
        private final Queue<CompletableFuture<Long>> questions = new ConcurrentLinkedQueue<>();

        @Override
        public CompletableFuture<Long> get() {
            CompletableFuture<Long> question = new CompletableFuture<>();
            questions.add(question);
            return question;
        }

        CompletableFuture<Long> question() {
            await().atMost(SOON).until(() -> !questions.isEmpty());
            return questions.remove();
        }
    }

    @Test
    void shouldConfirmWhenAMajorityIsNotPastTheTerm() {
        List<Peer> peers = Stream.generate(Peer::new).limit(4).toList();
        try (TermRounds rounds = new TermRounds(TestElectorate.of(peers), PATIENT_MS)) {
            CompletableFuture<Boolean> confirmed = rounds.confirm(7);

            peers.get(0).question().complete(7L);
            assertThat(confirmed).isNotDone();
            peers.get(3).question().complete(6L);

            assertThat(confirmed
                            .orTimeout(10, java.util.concurrent.TimeUnit.SECONDS)
                            .join())
                    .isTrue();
        }
    }

    @Test
    void shouldNotConfirmATermThatAVoterIsPast() {
        List<Peer> peers = List.of(new Peer(), new Peer());
        try (TermRounds rounds = new TermRounds(TestElectorate.of(peers), PATIENT_MS)) {
            CompletableFuture<Boolean> confirmed = rounds.confirm(7);

            peers.get(1).question().complete(8L);

            assertThat(confirmed.join()).isFalse();
        }
    }

    @Test
    void shouldNotTakeTheAnswerToAQuestionThatWasAskedBefore() {
        List<Peer> peers = List.of(new Peer(), new Peer());
        try (TermRounds rounds = new TermRounds(TestElectorate.of(peers), PATIENT_MS)) {
            CompletableFuture<Boolean> first = rounds.confirm(7);
            CompletableFuture<Long> question = peers.get(0).question();
            CompletableFuture<Boolean> second = rounds.confirm(7);

            question.complete(7L);

            assertThat(first.join()).isTrue();
            assertThat(second).isNotDone();
            peers.get(0).question().complete(7L);
            assertThat(second.join()).isTrue();
        }
    }

    @Test
    void shouldAskAVoterOneQuestionAtATimeHoweverManyWait() {
        List<Peer> peers = List.of(new Peer(), new Peer());
        try (TermRounds rounds = new TermRounds(TestElectorate.of(peers), PATIENT_MS)) {
            rounds.confirm(7);
            CompletableFuture<Long> question = peers.get(0).question();
            List<CompletableFuture<Boolean>> waiting =
                    Stream.generate(() -> rounds.confirm(7)).limit(100).toList();
            CompletableFuture<Long> other = peers.get(1).question();
            assertThat(peers.get(0).questions).isEmpty();

            question.complete(7L);
            peers.get(0).question().complete(7L);

            waiting.forEach(one -> assertThat(one.join()).isTrue());
            assertThat(other).isNotDone();
            assertThat(peers.get(0).questions).isEmpty();
        }
    }

    @Test
    void shouldNotConfirmInTimeWhatNobodyAnswers() {
        List<Peer> peers = List.of(new Peer(), new Peer());
        try (TermRounds rounds = new TermRounds(TestElectorate.of(peers), 100)) {
            CompletableFuture<Boolean> confirmed = rounds.confirm(7);
            peers.get(0).question().completeExceptionally(new IllegalStateException("no way there"));

            assertThat(confirmed.join()).isFalse();
        }
    }

    @Test
    void shouldConfirmAloneWhereThereIsNoOther() {
        try (TermRounds rounds = new TermRounds(TestElectorate.of(List.of()), PATIENT_MS)) {
            assertThat(rounds.confirm(1).join()).isTrue();
        }
    }

    @Test
    void shouldWantTheMajoritiesOfBothSetsWhileOneReplacesTheOther() {
        List<Peer> peers = List.of(new Peer(), new Peer(), new Peer(), new Peer());
        TestElectorate electorate = TestElectorate.of(peers);
        electorate.majorities = List.of(
                TermRounds.Majority.of(Set.of("0", "1", "2"), TestElectorate.SELF),
                TermRounds.Majority.of(Set.of("2", "3", "4"), TestElectorate.SELF));
        try (TermRounds rounds = new TermRounds(electorate, PATIENT_MS)) {
            CompletableFuture<Boolean> confirmed = rounds.confirm(7);

            peers.get(0).question().complete(7L);
            assertThat(confirmed).isNotDone();
            peers.get(1).question().complete(7L);
            assertThat(confirmed)
                    .as("without this voter the new set needs two of its own")
                    .isNotDone();
            peers.get(2).question().complete(7L);

            assertThat(confirmed.join()).isTrue();
        }
    }

    @Test
    void shouldAskWhoVotesNowAndNoLongerWhoDid() {
        List<Peer> peers = List.of(new Peer(), new Peer(), new Peer());
        TestElectorate electorate = TestElectorate.of(peers);
        electorate.majorities = List.of(TermRounds.Majority.of(Set.of("0", "1", "2"), TestElectorate.SELF));
        try (TermRounds rounds = new TermRounds(electorate, PATIENT_MS)) {
            rounds.confirm(7);
            CompletableFuture<Long> outOfReach = peers.get(0).question();
            peers.get(1).question().complete(7L);
            electorate.majorities = List.of(TermRounds.Majority.of(Set.of("0", "2", "3"), TestElectorate.SELF));

            CompletableFuture<Boolean> confirmed = rounds.confirm(7);
            peers.get(2).question().complete(7L);

            assertThat(confirmed.join()).isTrue();
            assertThat(outOfReach).isNotDone();
        }
    }
}
