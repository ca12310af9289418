package io.godwit.control.join;

import java.util.List;

/** What the ledger's leader answers to a {@link JoinQuestion}. */
public sealed interface JoinAnswer {
    /** Nothing to do but to ask again: no cluster is known, or it is that of the node that asked. */
    record Wait() implements JoinAnswer {}

    /** The node that asked may form a cluster, for a time that counts from when it asked. */
    record Form() implements JoinAnswer {}

    /**
     * Elsewhere is a cluster, or a node that may form one.
     *
     * @param addresses to join by, never empty; a node in a cluster that hears this is in another one
     */
    record Join(List<String> addresses) implements JoinAnswer {
        public Join {
            addresses = List.copyOf(addresses);
        }
    }

    /** The ledger has a leader, of a build that knows no such question. It is never sent. */
    record NotUnderstood() implements JoinAnswer {}
}
