package io.godwit.actors.vm;

import java.util.concurrent.CompletionStage;
import org.apache.pekko.Done;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.pattern.StatusReply;

/** Answers an ask when a stage ends, straight from the thread that ends it: no detour over the asked actor's mailbox. */
final class Replies {
    private Replies() {}

    static void when(CompletionStage<Void> stage, ActorRef<StatusReply<Done>> replyTo) {
        stage.whenComplete(
                (nothing, failure) -> replyTo.tell(failure == null ? StatusReply.ack() : StatusReply.error(failure)));
    }
}
