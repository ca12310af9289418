package io.godwit.actors.directory;

import io.godwit.config.MigrationParameters;
import io.godwit.control.ledger.HostMaintenance;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmRecord;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.Behavior;
import org.apache.pekko.actor.typed.javadsl.AbstractBehavior;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.apache.pekko.actor.typed.javadsl.Behaviors;
import org.apache.pekko.actor.typed.javadsl.Receive;

/** This host's door to the ledger. Local only; answers come from the ledger, never from a copy kept here. */
public final class DirectoryActor extends AbstractBehavior<DirectoryActor.Command> {
    public sealed interface Command {}

    public record Submit(LedgerCommand command, ActorRef<Reply> replyTo) implements Command {}

    public record Find(String vmId, ActorRef<Reply> replyTo) implements Command {}

    public record ListVms(ActorRef<Reply> replyTo) implements Command {}

    /** What is set about the migrations of all VMs. */
    public record ReadParameters(ActorRef<Reply> replyTo) implements Command {}

    /** Hosts under maintenance. */
    public record ReadMaintenance(ActorRef<Reply> replyTo) implements Command {}

    public sealed interface Reply {}

    public record Answered(LedgerCommand command, LedgerAnswer answer) implements Reply {}

    public record Found(Optional<VmRecord> vm) implements Reply {}

    public record Listed(List<VmRecord> vms) implements Reply {}

    public record ParametersRead(MigrationParameters parameters) implements Reply {}

    public record MaintenanceRead(List<HostMaintenance> hosts) implements Reply {}

    /**
     * No majority answered in time: a command may still be applied, repeat it under the same request id.
     *
     * @param requestId the command's, empty for a read
     */
    public record Unavailable(String requestId, String reason) implements Reply {}

    private final Ledger ledger;

    public static Behavior<Command> create(Ledger ledger) {
        return Behaviors.setup(context -> new DirectoryActor(context, ledger));
    }

    private DirectoryActor(ActorContext<Command> context, Ledger ledger) {
        super(context);
        this.ledger = ledger;
    }

    @Override
    public Receive<Command> createReceive() {
        return newReceiveBuilder()
                .onMessage(Submit.class, this::onSubmit)
                .onMessage(Find.class, this::onFind)
                .onMessage(ListVms.class, this::onList)
                .onMessage(ReadParameters.class, this::onReadParameters)
                .onMessage(ReadMaintenance.class, this::onReadMaintenance)
                .build();
    }

    private Behavior<Command> onSubmit(Submit command) {
        reply(
                ledger.submit(command.command()),
                command.command().requestId(),
                command.replyTo(),
                answer -> new Answered(command.command(), answer));
        return this;
    }

    private Behavior<Command> onFind(Find command) {
        reply(ledger.find(command.vmId()), "", command.replyTo(), Found::new);
        return this;
    }

    private Behavior<Command> onList(ListVms command) {
        reply(ledger.list(), "", command.replyTo(), Listed::new);
        return this;
    }

    private Behavior<Command> onReadParameters(ReadParameters command) {
        reply(ledger.clusterParameters(), "", command.replyTo(), ParametersRead::new);
        return this;
    }

    private Behavior<Command> onReadMaintenance(ReadMaintenance command) {
        reply(ledger.maintenance(), "", command.replyTo(), MaintenanceRead::new);
        return this;
    }

    private <T> void reply(
            CompletionStage<T> stage, String requestId, ActorRef<Reply> replyTo, Function<T, Reply> success) {
        stage.whenComplete((value, failure) -> {
            if (failure == null) {
                replyTo.tell(success.apply(value));
            } else {
                replyTo.tell(new Unavailable(requestId, reason(failure)));
            }
        });
    }

    private static String reason(Throwable failure) {
        Throwable cause =
                failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        return cause instanceof LedgerUnavailableException ? String.valueOf(cause.getMessage()) : cause.toString();
    }
}
