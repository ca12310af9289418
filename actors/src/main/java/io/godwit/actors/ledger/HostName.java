package io.godwit.actors.ledger;

import io.godwit.config.MigrationParameters;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerLevel;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmRecord;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This host's name, which it has the ledger confirm before it does anything under it: a second host of the same name would
 * declare the life of the first over, and start its VMs beside it. Asks until it is answered.
 */
public final class HostName implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HostName.class);
    private static final Duration RETRY = Duration.ofMillis(300);
    private static final int TRIES_PER_WORD = 30;

    private final Ledger ledger;
    /** In a ledger of level 2 or higher. */
    private final LedgerCommand.AdmitHost question;
    /** In one of the first level, which cannot read the other. */
    private final LedgerCommand.NameHost older;

    private final HostRole role;
    private final CompletableFuture<Void> held = new CompletableFuture<>();
    private final Executor later = CompletableFuture.delayedExecutor(RETRY.toMillis(), TimeUnit.MILLISECONDS);
    private int tries;
    private boolean refusedAsOlder;
    private volatile boolean closed;

    private HostName(Ledger ledger, HostIdentity self, String stateId, HostRole role, int spoken) {
        this.ledger = ledger;
        this.question = new LedgerCommand.AdmitHost("admit/" + self.incarnation(), self.hostId(), stateId, spoken);
        this.older = new LedgerCommand.NameHost("name/" + self.incarnation(), self.hostId(), stateId);
        this.role = role;
    }

    /**
     * @param stateId of this host's state directory
     * @param role a witness asks for its name only where the ledger has no VM with it: to the others it would be back, and
     *     they would leave its VMs to it
     */
    public static HostName claim(Ledger ledger, HostIdentity self, String stateId, HostRole role) {
        return claim(ledger, self, stateId, role, LedgerLevel.SPOKEN);
    }

    /** @param spoken the highest level that the build speaks: this one's but in tests */
    static HostName claim(Ledger ledger, HostIdentity self, String stateId, HostRole role, int spoken) {
        HostName name = new HostName(ledger, self, stateId, role, spoken);
        name.ask();
        return name;
    }

    /**
     * Completes when the name is this host's; exceptionally, with {@link HostNameTakenException}, when it is another's or
     * this host's build is older than the ledger, and with {@link WitnessHasVmsException} when a witness's name has VMs. May
     * take for ever, where the ledger has no majority.
     */
    public CompletionStage<Void> held() {
        return held;
    }

    /** The ledger as it is to this host: takes no command of it before the name is its own. Reads are answered. */
    public Ledger ledger() {
        return new Named();
    }

    /** The line to the leader as it is to this host: a permit asked for would be another life of the name's holder. */
    public PermitLine permits(PermitLine line) {
        return renewal -> isHeld() ? line.renew(renewal) : CompletableFuture.completedStage(Optional.empty());
    }

    private boolean isHeld() {
        return held.isDone() && !held.isCompletedExceptionally();
    }

    private void ask() {
        if (!closed) {
            tries++;
            asked().whenComplete((answer, failure) -> {
                if (isUnreadable(failure)) {
                    ledger.submit(older).whenComplete(this::answeredOlder);
                } else {
                    answered(answer, failure);
                }
            });
        }
    }

    private static boolean isUnreadable(@Nullable Throwable failure) {
        Throwable cause = failure instanceof CompletionException ? failure.getCause() : failure;
        return cause instanceof LedgerFormatException;
    }

    /** A ledger that was raised between the two questions refuses the older one: it is asked both again, once. */
    private void answeredOlder(@Nullable LedgerAnswer answer, @Nullable Throwable failure) {
        if (answer instanceof LedgerAnswer.Refused && !refusedAsOlder) {
            refusedAsOlder = true;
            ask();
        } else {
            answered(answer, failure);
        }
    }

    private CompletionStage<LedgerAnswer> asked() {
        if (role == HostRole.MEMBER) {
            return ledger.submit(question);
        }
        return ledger.list().thenCompose(vms -> {
            List<String> left = WitnessHasVmsException.vmsOf(question.hostId(), vms);
            return left.isEmpty()
                    ? ledger.submit(question)
                    : CompletableFuture.failedStage(new WitnessHasVmsException(question.hostId(), left));
        });
    }

    private void answered(@Nullable LedgerAnswer answer, @Nullable Throwable failure) {
        if (answer instanceof LedgerAnswer.Applied) {
            held.complete(null);
        } else if (answer instanceof LedgerAnswer.Refused refused) {
            held.completeExceptionally(new HostNameTakenException(question.hostId(), refused.reason()));
        } else if (failure != null && failure.getCause() instanceof WitnessHasVmsException hasVms) {
            held.completeExceptionally(hasVms);
        } else {
            if (tries % TRIES_PER_WORD == 0) {
                LOG.warn(
                        "host {} waits for the ledger to confirm its name, and does nothing before: {}",
                        question.hostId(),
                        failure == null ? answer : failure.getMessage());
            }
            later.execute(this::ask);
        }
    }

    /** Asks no more. */
    @Override
    public void close() {
        closed = true;
    }

    private final class Named implements Ledger {
        @Override
        public CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
            return isHeld()
                    ? ledger.submit(command)
                    : CompletableFuture.failedFuture(new LedgerUnavailableException(
                            "the ledger has not confirmed the name of host " + question.hostId() + " yet", null));
        }

        @Override
        public CompletionStage<Optional<VmRecord>> find(String vmId) {
            return ledger.find(vmId);
        }

        @Override
        public CompletionStage<List<VmRecord>> list() {
            return ledger.list();
        }

        @Override
        public CompletionStage<MigrationParameters> clusterParameters() {
            return ledger.clusterParameters();
        }

        @Override
        public CompletionStage<List<HostMaintenance>> maintenance() {
            return ledger.maintenance();
        }
    }
}
