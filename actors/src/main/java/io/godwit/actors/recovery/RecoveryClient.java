package io.godwit.actors.recovery;

import io.godwit.actors.cluster.ClusterClient;
import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.directory.Ownership;
import io.godwit.actors.host.HostActor;
import io.godwit.actors.host.HostView;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.storage.Storage;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.PreparedMigration;
import io.godwit.control.ledger.VmRecord;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Function;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.receptionist.Receptionist;

/** Recovery as any host's gateway sees it: the voters' actors are asked, and the leader's answer counts. */
public final class RecoveryClient implements Recoveries {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** The leader looks at the hosts, and the chosen one asks the ledger. */
    private static final Duration RESCUE_PATIENCE = Duration.ofSeconds(20);

    private final ActorSystem<?> system;
    private final HostRegistry hosts;
    private final Ownership ledger;
    private final Storage storage;

    public RecoveryClient(ActorSystem<?> system, HostRegistry hosts, Ownership ledger, Storage storage) {
        this.system = system;
        this.hosts = hosts;
        this.ledger = ledger;
        this.storage = storage;
    }

    @Override
    public CompletionStage<List<RecoveryView>> list() {
        return leader().thenApply(RecoveryActor.Recoveries::recoveries);
    }

    private CompletionStage<RecoveryActor.Recoveries> leader() {
        return voters().thenCompose(voters -> firstOf(
                voters.stream()
                        .map(voter -> ask(voter, RecoveryActor.ListRecoveries::new, PATIENCE))
                        .toList(),
                RecoveryActor.Recoveries::leads));
    }

    @Override
    public CompletionStage<MigrationView> rescue(String vm, Optional<String> target, boolean autoStart) {
        String id = UUID.randomUUID().toString();
        return ledger.list()
                .thenApply(all -> ClusterClient.named(vm, all))
                .thenCompose(record -> voters().thenCompose(voters -> firstOf(
                                voters.stream()
                                        .map(voter -> this.<RecoveryActor.RescueAnswer>ask(
                                                voter,
                                                replyTo -> new RecoveryActor.Rescue(
                                                        id, record.id(), target.orElse(null), autoStart, replyTo),
                                                RESCUE_PATIENCE))
                                        .toList(),
                                RecoveryActor.RescueAnswer::leads))
                        .thenApply(answer -> accepted(record, answer)));
    }

    private static MigrationView accepted(VmRecord vm, RecoveryActor.RescueAnswer answer) {
        MigrationView rescue = answer.rescue();
        if (rescue == null) {
            throw new ProblemException(
                    Problem.refused("rescue of VM " + vm.spec().name(), List.of(answer.refusal())));
        }
        return rescue;
    }

    /** Those that answer; who of them leads says so itself. */
    private CompletionStage<Set<ActorRef<RecoveryActor.Command>>> voters() {
        return AskPattern.<Receptionist.Command, Receptionist.Listing>ask(
                        system.receptionist(),
                        replyTo -> Receptionist.find(RecoveryActor.KEY, replyTo),
                        PATIENCE,
                        system.scheduler())
                .thenApply(listing -> listing.getServiceInstances(RecoveryActor.KEY));
    }

    private static <T> CompletionStage<T> firstOf(List<CompletableFuture<Optional<T>>> answers, Predicate<T> leads) {
        return CompletableFuture.allOf(answers.toArray(CompletableFuture<?>[]::new))
                .thenApply(done -> answers.stream()
                        .flatMap(answer -> answer.join().stream())
                        .filter(leads)
                        .findFirst()
                        .orElseThrow(() -> new ProblemException(Problem.of(
                                Problem.Kind.UNAVAILABLE, "no host whose voter leads the ledger answers just now"))));
    }

    private <T> CompletableFuture<Optional<T>> ask(
            ActorRef<RecoveryActor.Command> voter,
            Function<ActorRef<T>, RecoveryActor.Command> question,
            Duration patience) {
        return AskPattern.<RecoveryActor.Command, T>ask(voter, question::apply, patience, system.scheduler())
                .handle((answer, failure) -> Optional.ofNullable(answer))
                .toCompletableFuture();
    }

    @Override
    public CompletionStage<FencingView> fencing(List<VmRecord> vms, List<String> voters) {
        return storage.pools().thenCombine(fences(), (pools, fences) -> FencingView.of(vms, pools, fences, voters));
    }

    /** By host; one that does not answer in time, or is of a version that does not know the question, is left out. */
    private CompletionStage<Map<String, Boolean>> fences() {
        return hosts.list().thenCompose(all -> {
            Map<String, Boolean> known = new ConcurrentHashMap<>();
            CompletableFuture<?>[] asked = all.values().stream()
                    .filter(host -> host.actor().isPresent())
                    .map(host -> AskPattern.ask(
                                    host.actor().get(), HostActor.ReadFence::new, PATIENCE, system.scheduler())
                            .handle((answer, silent) ->
                                    silent == null ? known.put(host.id(), answer.configured()) : null)
                            .toCompletableFuture())
                    .toArray(CompletableFuture<?>[]::new);
            return CompletableFuture.allOf(asked).thenApply(done -> Map.copyOf(known));
        });
    }

    @Override
    public CompletionStage<List<HostIdentity>> confirmDead(String hostId) {
        return ledger.list()
                .thenCombine(living(hostId), (vms, living) -> named(hostId, vms, living))
                .thenCompose(dead -> confirm(dead).thenApply(done -> dead));
    }

    @Override
    public CompletionStage<Void> forget(String hostId) {
        return ledger.list()
                .thenCombine(living(hostId), (vms, living) -> {
                    if (living.isPresent()) {
                        throw new ProblemException(Problem.of(
                                Problem.Kind.CONFLICT,
                                "host \"" + hostId + "\" answers; only a host that is gone can be forgotten"));
                    }
                    return lives(hostId, vms);
                })
                .thenCompose(this::confirm)
                .thenCompose(done -> ledger.releaseName(hostId));
    }

    private CompletionStage<Void> confirm(List<HostIdentity> dead) {
        return CompletableFuture.allOf(dead.stream()
                .map(ledger::confirmDead)
                .map(CompletionStage::toCompletableFuture)
                .toArray(CompletableFuture<?>[]::new));
    }

    private static List<HostIdentity> lives(String hostId, List<VmRecord> vms) {
        return vms.stream()
                .flatMap(RecoveryClient::holders)
                .filter(life -> life.hostId().equals(hostId))
                .distinct()
                .toList();
    }

    /** Every life of the host that the ledger knows. */
    private static List<HostIdentity> named(String hostId, List<VmRecord> vms, Optional<HostView> living) {
        List<HostIdentity> lives = lives(hostId, vms);
        if (lives.isEmpty()) {
            throw new ProblemException(Problem.of(
                    Problem.Kind.NOT_FOUND,
                    "host",
                    hostId,
                    "a host that the ledger has a VM of",
                    "the ledger has no VM of a host \"" + hostId + "\": there is nothing to confirm"));
        }
        List<HostIdentity> dead = lives.stream()
                .filter(life -> living.filter(view -> view.incarnation().equals(life.incarnation()))
                        .isEmpty())
                .toList();
        if (dead.isEmpty()) {
            throw new ProblemException(Problem.of(
                    Problem.Kind.CONFLICT,
                    "host \"" + hostId + "\" answers and has its VMs; only a host that is off can be confirmed dead"));
        }
        return dead;
    }

    private static Stream<HostIdentity> holders(VmRecord vm) {
        PreparedMigration prepared = vm.prepared();
        return prepared == null ? Stream.of(vm.owner()) : Stream.of(vm.owner(), prepared.source(), prepared.target());
    }

    private CompletionStage<Optional<HostView>> living(String hostId) {
        return hosts.find(hostId)
                .thenCompose(found -> found.<CompletionStage<Optional<HostView>>>map(
                                actor -> AskPattern.ask(actor, HostActor.Describe::new, PATIENCE, system.scheduler())
                                        .handle((view, failure) -> Optional.ofNullable(view)))
                        .orElseGet(() -> CompletableFuture.completedStage(Optional.empty())));
    }

    @Override
    public CompletionStage<Boolean> isAutoMigrated(String hostId) {
        return leader().thenApply(answer -> !answer.keeping().contains(hostId));
    }

    @Override
    public CompletionStage<Boolean> setAutoMigrated(String hostId, boolean on) {
        return ledger.setAutoMigrate(Ownership.requestId(), hostId, on).thenApply(answer -> on);
    }
}
