package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.patiently;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.control.join.ClusterNode;
import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinQuestion;
import io.godwit.control.ledger.LedgerUnavailableException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Three voters over Ratis, and nodes that ask how to join. */
@Timeout(120)
class RatisJoinLineTest {
    private static final ClusterNode ONE = new ClusterNode("test@10.0.0.1:7401", 1);
    private static final ClusterNode TWO = new ClusterNode("test@10.0.0.2:7401", 2);

    private static JoinQuestion wouldForm(ClusterNode node) {
        return new JoinQuestion(node, true, List.of(), 0);
    }

    @Test
    void shouldLetTheFirstThatAsksANewLedgerFormAtOnceAndNameItToTheOthers(@TempDir Path directory) throws Exception {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            JoinLine line = voters.joinLine();

            assertThat(patiently(() -> line.ask(wouldForm(ONE)))).isEqualTo(new JoinAnswer.Form());
            assertThat(patiently(() -> line.ask(wouldForm(TWO))))
                    .isEqualTo(new JoinAnswer.Join(List.of(ONE.address())));
        }
    }

    @Test
    void shouldGrantNothingBeforeALeaderThatIsNotTheFirstHasWaited(@TempDir Path directory) throws Exception {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            JoinLine line = voters.joinLine();
            assertThat(patiently(() -> line.ask(wouldForm(ONE)))).isEqualTo(new JoinAnswer.Form());
            voters.stop(voters.leader().orElseThrow());

            assertThat(patiently(() -> line.ask(wouldForm(TWO)))).isEqualTo(new JoinAnswer.Wait());
            JoinQuestion inside = new JoinQuestion(ONE, false, List.of(ONE), 1);
            assertThat(patiently(() -> line.ask(inside))).isEqualTo(new JoinAnswer.Wait());
            assertThat(patiently(() -> line.ask(wouldForm(TWO))))
                    .isEqualTo(new JoinAnswer.Join(List.of(ONE.address())));
        }
    }

    /** A voter that cannot read the question answers as one whose build does not know it. */
    @Test
    void shouldTellALeaderThatDoesNotKnowTheQuestionFromNone(@TempDir Path directory) throws Exception {
        try (TestVoters voters = new TestVoters(directory, 3).startAll()) {
            JoinLine line = voters.joinLine();
            JoinQuestion unread = wouldForm(new ClusterNode("no address", 1));

            for (int time = 0; time < 3; time++) {
                assertThat(patiently(() -> line.ask(unread))).isEqualTo(new JoinAnswer.NotUnderstood());
            }
            assertThat(patiently(() -> line.ask(wouldForm(ONE))))
                    .as("once the line that failed was laid anew")
                    .isEqualTo(new JoinAnswer.Form());

            voters.stopAll();
            assertThatThrownBy(() -> line.ask(unread).toCompletableFuture().join())
                    .hasCauseInstanceOf(LedgerUnavailableException.class);
        }
    }
}
