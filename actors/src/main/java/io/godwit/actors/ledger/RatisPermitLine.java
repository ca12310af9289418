package io.godwit.actors.ledger;

import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.permit.Renewal;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** {@link PermitLine} over Ratis: neither the log nor the requests that wait for it hold a renewal up. */
public final class RatisPermitLine implements PermitLine {
    /** A renewal that takes half a permit is not worth more waiting: three later ones are under way. */
    private static final int RENEWALS_PER_PERMIT = 2;

    private final LeaderLine leader;
    private final long timeoutMs;

    public RatisPermitLine(LeaderLine leader, PermitTimes times) {
        this.leader = leader;
        this.timeoutMs = times.permitMs() / RENEWALS_PER_PERMIT;
    }

    @Override
    public CompletionStage<Optional<Grant>> renew(Renewal renewal) {
        return leader.ask(new VoterMessage.Renew(renewal), "the permit was not renewed", timeoutMs)
                .thenApply(answer -> answer instanceof VoterMessage.Granted granted
                        ? Optional.of(granted.grant())
                        : Optional.empty());
    }
}
