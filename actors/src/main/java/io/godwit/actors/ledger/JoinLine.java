package io.godwit.actors.ledger;

import io.godwit.control.join.JoinAnswer;
import io.godwit.control.join.JoinQuestion;
import java.util.concurrent.CompletionStage;

/** A node's line to the ledger's leader for what concerns joining the cluster. */
public interface JoinLine {
    /**
     * Asks once. An answer that comes late does no harm: the node counts from when it asked.
     *
     * @return fails with {@link io.godwit.control.ledger.LedgerUnavailableException} where no leader answers in time;
     *     {@link JoinAnswer.NotUnderstood} where one does that is of an earlier build
     */
    CompletionStage<JoinAnswer> ask(JoinQuestion question);
}
