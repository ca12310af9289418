package io.godwit.actors.ledger;

import io.godwit.config.InvalidValueException;
import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCodec;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerSnapshot;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmIds;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.apache.ratis.thirdparty.com.google.protobuf.UnsafeByteOperations;

/**
 * The ledger from a host's side. No call blocks: requests are handed to a thread of the client's own, answers come on
 * Ratis' threads. A request that has no answer in time fails with {@link LedgerUnavailableException} and is given up
 * here, though it may still be applied; a repetition goes out under the request id the caller chose.
 *
 * <p>A stage fails with {@link LedgerFormatException} for what the ledger could not read, and with
 * {@link InvalidValueException} for a command too large to send.
 */
public final class RatisLedger implements Ledger, AutoCloseable {
    /** Beyond these a request fails at once: a ledger that is out of reach must not fill the heap. */
    public static final int MAX_OUTSTANDING = 1_024;

    private final LedgerSettings settings;
    private final ClientHolder clients;
    private final LeaderLine leader;
    private final AtomicInteger outstanding = new AtomicInteger();

    /** @param leader for reads, and to know where commands go; the caller's to close, after this */
    public RatisLedger(LedgerSettings settings, LeaderLine leader) {
        this.settings = settings;
        this.leader = leader;
        clients = ClientHolder.ordered(settings, 2 * MAX_OUTSTANDING, leader);
    }

    /**
     * A leader that applied the command while it followed has no answer for Ratis' own repetition of it: it is asked anew,
     * and finds what was answered under the request id.
     */
    @Override
    public CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
        byte[] bytes = LedgerCodec.encode(command);
        if (bytes.length > LedgerCodec.MAX_MESSAGE_BYTES) {
            return CompletableFuture.failedFuture(new InvalidValueException(
                    "command", bytes.length + " bytes", "at most " + LedgerCodec.MAX_MESSAGE_BYTES + " bytes encoded"));
        }
        String what = "request " + command.requestId();
        return request(what, bytes)
                .thenCompose(
                        answer -> answer.length == 0 ? request(what, bytes) : CompletableFuture.completedFuture(answer))
                .thenApply(LedgerCodec::decodeAnswer)
                .exceptionally(RatisLedger::notYet);
    }

    /** A claim that was kept out of the log has an answer all the same. */
    private static LedgerAnswer notYet(Throwable failure) {
        if (failure.getCause() instanceof LedgerFormatException unread
                && unread.getCause() instanceof StateMachineException refused
                && refused.getCause() instanceof EarlyClaimException early) {
            return early.toAnswer();
        }
        throw failure instanceof CompletionException same ? same : new CompletionException(failure);
    }

    @Override
    public CompletionStage<Optional<VmRecord>> find(String vmId) {
        return VmIds.isValid(vmId)
                ? read(new LedgerRead.Find(vmId))
                        .thenApply(LedgerCodec::decodeRecords)
                        .thenApply(records -> records.stream().findFirst())
                : CompletableFuture.completedFuture(Optional.empty());
    }

    @Override
    public CompletionStage<List<VmRecord>> list() {
        return read(new LedgerRead.ListAll()).thenApply(LedgerCodec::decodeRecords);
    }

    @Override
    public CompletionStage<MigrationParameters> clusterParameters() {
        return read(new LedgerRead.Parameters()).thenApply(LedgerCodec::decodeParameters);
    }

    @Override
    public CompletionStage<List<HostMaintenance>> maintenance() {
        return read(new LedgerRead.Maintenance()).thenApply(LedgerCodec::decodeMaintenance);
    }

    /** All of it, as it is at one entry that is no earlier than this call. */
    public CompletionStage<LedgerBackup> backup() {
        return read(new LedgerRead.Backup()).thenApply(LedgerBackup::decode);
    }

    /** As {@link #backup}, read. */
    public CompletionStage<LedgerSnapshot> snapshot() {
        return backup().thenApply(LedgerBackup::snapshot);
    }

    /** Whom this client takes for the leader. A hint, for status pages. */
    public Optional<String> leaderId() {
        return clients.leaderId();
    }

    private CompletableFuture<byte[]> read(LedgerRead read) {
        String what = "the ledger was not read";
        return bounded(
                "a read",
                () -> leader.ask(
                                new VoterMessage.Read(read),
                                what,
                                settings.timeouts().requestMs())
                        .thenApply(answer -> {
                            if (answer instanceof VoterMessage.Answer bytes) {
                                return bytes.bytes();
                            }
                            throw new LedgerFormatException(what + ": a voter answered " + answer);
                        }));
    }

    private CompletableFuture<byte[]> request(String what, byte[] command) {
        return bounded(what, () -> send(what, command));
    }

    private CompletableFuture<byte[]> bounded(String what, Supplier<CompletableFuture<byte[]>> sending) {
        if (outstanding.incrementAndGet() > MAX_OUTSTANDING) {
            outstanding.decrementAndGet();
            return CompletableFuture.failedFuture(new LedgerUnavailableException(
                    "the ledger has " + MAX_OUTSTANDING + " requests outstanding; " + what + " was not sent", null));
        }
        return sending.get().whenComplete((answer, failure) -> outstanding.decrementAndGet());
    }

    private CompletableFuture<byte[]> send(String what, byte[] command) {
        Message message = Message.valueOf(UnsafeByteOperations.unsafeWrap(command));
        return clients.send(message, settings.timeouts().requestMs()).handle((reply, failure) -> {
            if (failure != null) {
                throw failed(what, failure);
            }
            if (!reply.isSuccess()) {
                throw failed(what, reply.getException());
            }
            return reply.getMessage().getContent().toByteArray();
        });
    }

    private RuntimeException failed(String what, Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        if (cause instanceof StateMachineException refused) {
            return new LedgerFormatException("the ledger cannot read " + what + ": " + refused.getMessage(), refused);
        }
        String why = cause instanceof TimeoutException
                ? "gave no answer within " + settings.timeouts().requestMs() + " ms"
                : "cannot be reached: " + cause.getMessage();
        return new LedgerUnavailableException("the ledger " + why + " to " + what, cause);
    }

    /** Fails what is outstanding and closes the connections; before the server of this JVM. */
    @Override
    public void close() {
        clients.close();
    }
}
