package io.godwit.actors.cluster;

import io.godwit.actors.host.HostActor;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.CompletionStage;
import java.util.stream.StreamSupport;
import org.apache.pekko.actor.Address;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.ActorSystem;
import org.apache.pekko.actor.typed.javadsl.AskPattern;
import org.apache.pekko.actor.typed.receptionist.Receptionist;
import org.apache.pekko.actor.typed.receptionist.ServiceKey;
import org.apache.pekko.cluster.ClusterEvent.CurrentClusterState;
import org.apache.pekko.cluster.Member;
import org.apache.pekko.cluster.typed.Cluster;

/**
 * The hosts of the cluster and the way to each: members by their host role, their actors from the receptionist. A host
 * that the cluster sees but cannot reach is listed without a way to it.
 */
public final class HostRegistry {
    /** A member's role {@code host-NAME} says which host it is. */
    public static final String ROLE_PREFIX = "host-";

    private static final Duration FIND_TIMEOUT = Duration.ofSeconds(3);

    /**
     * A host as membership sees it.
     *
     * @param state {@code up}, {@code unreachable}, {@code joining}, {@code leaving}, {@code down} …
     */
    public record Host(String id, String state, Optional<ActorRef<HostActor.Command>> actor) {}

    private final ActorSystem<?> system;

    public HostRegistry(ActorSystem<?> system) {
        this.system = system;
    }

    public CompletionStage<Optional<ActorRef<HostActor.Command>>> find(String hostId) {
        return list().thenApply(hosts -> Optional.ofNullable(hosts.get(hostId)).flatMap(Host::actor));
    }

    /** An actor of that key on that host; empty where the host cannot be reached or has none. */
    public <T> CompletionStage<Optional<ActorRef<T>>> find(String hostId, ServiceKey<T> key) {
        return AskPattern.<Receptionist.Command, Receptionist.Listing>ask(
                        system.receptionist(),
                        replyTo -> Receptionist.find(key, replyTo),
                        FIND_TIMEOUT,
                        system.scheduler())
                .thenApply(listing -> memberOf(hostId)
                        .flatMap(member -> listing.getServiceInstances(key).stream()
                                .filter(actor -> addressOf(actor).equals(member.address()))
                                .findFirst()));
    }

    private Optional<Member> memberOf(String hostId) {
        return StreamSupport.stream(Cluster.get(system).state().getMembers().spliterator(), false)
                .filter(member -> hostOf(member).filter(hostId::equals).isPresent())
                .findFirst();
    }

    private Address addressOf(ActorRef<?> actor) {
        Address address = actor.path().address();
        return address.hasLocalScope() ? Cluster.get(system).selfMember().address() : address;
    }

    /** All hosts by name. */
    public CompletionStage<Map<String, Host>> list() {
        return AskPattern.<Receptionist.Command, Receptionist.Listing>ask(
                        system.receptionist(),
                        replyTo -> Receptionist.find(HostActor.KEY, replyTo),
                        FIND_TIMEOUT,
                        system.scheduler())
                .thenApply(this::merge);
    }

    private Map<String, Host> merge(Receptionist.Listing listing) {
        Cluster cluster = Cluster.get(system);
        Map<Address, ActorRef<HostActor.Command>> actors = new java.util.HashMap<>();
        for (ActorRef<HostActor.Command> actor : listing.getAllServiceInstances(HostActor.KEY)) {
            actors.put(addressOf(actor), actor);
        }
        CurrentClusterState state = cluster.state();
        Map<String, Host> hosts = new TreeMap<>();
        for (Member member : state.getMembers()) {
            boolean unreachable = state.getUnreachable().contains(member);
            String word =
                    unreachable ? "unreachable" : member.status().toString().toLowerCase(Locale.ROOT);
            Optional<ActorRef<HostActor.Command>> actor =
                    unreachable ? Optional.empty() : Optional.ofNullable(actors.get(member.address()));
            hostOf(member).ifPresent(id -> hosts.put(id, new Host(id, word, actor)));
        }
        return hosts;
    }

    private static Optional<String> hostOf(Member member) {
        return member.getRoles().stream()
                .filter(role -> role.startsWith(ROLE_PREFIX))
                .map(role -> role.substring(ROLE_PREFIX.length()))
                .findFirst();
    }
}
