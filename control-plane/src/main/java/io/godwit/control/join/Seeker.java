package io.godwit.control.join;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * A node's half of joining: when it asks the ledger's leader, and what it does with the answers. One for each actor system
 * of the node. Not thread-safe. Instants are those of the host's {@code CLOCK_BOOTTIME}, in ms. The argument is in the
 * package's description.
 */
public final class Seeker {
    private static final long NEVER = Long.MIN_VALUE;

    /**
     * Where a node begins.
     *
     * @param others addresses of all that it knows: the seeds, and whom it was in a cluster with before; without itself
     * @param first whether it is the first of the seeds
     * @param returns whether it was in a cluster before
     */
    public record Start(ClusterNode self, List<String> others, boolean first, boolean returns) {
        public Start {
            others = List.copyOf(others);
        }
    }

    /**
     * What membership says.
     *
     * @param inside whether the node is in a cluster, up or on its way
     * @param up members that are up, the oldest first
     * @param size how many of them are in reach
     */
    public record Membership(boolean inside, List<ClusterNode> up, int size) {
        public static final Membership NONE = new Membership(false, List.of(), 0);

        public Membership {
            up = List.copyOf(up);
        }
    }

    /** What the node is to do. */
    public sealed interface Action {
        /** To be asked of the leader; the answer goes to {@link Seeker#answered} or {@link Seeker#unanswered}. */
        record Ask(JoinQuestion question) implements Action {}

        /** Looks for a cluster at these addresses, and at no others; forms none. */
        record JoinBy(List<String> addresses) implements Action {}

        /** Asks these addresses once more, and forms a cluster where none of them is in one. */
        record FormUnless(List<String> others) implements Action {}

        /** Leaves the cluster that it is in and begins with a new actor system. */
        record BeginAnew(String reason, List<String> addresses) implements Action {}
    }

    private final JoinTimes times;
    private final Start start;
    private List<String> lookedAt;
    private long askedMs = NEVER;
    private long answeredSinceMs = NEVER;
    private long answeredLastMs = NEVER;
    private long formsUntilMs = NEVER;
    private long straySinceMs = NEVER;
    private long olderSinceMs = NEVER;
    private long olderLastMs = NEVER;
    private boolean forming;
    private boolean inside;

    public Seeker(JoinTimes times, Start start) {
        this.times = times;
        this.start = start;
        lookedAt = start.others();
        // There is nobody to form another.
        formsUntilMs = start.others().isEmpty() ? Long.MAX_VALUE : NEVER;
    }

    /** To be called when membership changes, and at least as often as questions are due. */
    public List<Action> look(Membership membership, long nowMs) {
        List<Action> actions = new ArrayList<>();
        if (inside && !membership.inside()) {
            // It left, and its actor system with it: the next one has a seeker of its own.
            return actions;
        }
        if (membership.inside() && !inside) {
            if (isFormedByItself(membership) && nowMs > formsUntilMs) {
                return List.of(new Action.BeginAnew("it formed a cluster later than it had the right to", List.of()));
            }
            inside = !membership.up().isEmpty();
            if (inside) {
                formsUntilMs = NEVER;
                forming = false;
                straySinceMs = NEVER;
            }
        }
        if (!membership.inside() && forming && nowMs > formsUntilMs) {
            actions.add(lookAt(start.others()));
        }
        if (!membership.inside() && start.others().isEmpty()) {
            boolean begins = !forming;
            forming = true;
            return begins ? List.of(new Action.FormUnless(List.of())) : List.of();
        }
        boolean tells =
                membership.up().stream().limit(JoinQuestion.MOST_MEMBERS).anyMatch(start.self()::equals);
        // A leader of an earlier build need not be told: it only is asked whether it still is.
        long pauseMs = !tells ? times.askMs() : olderSinceMs == NEVER ? times.tellMs() : times.patienceMs();
        if ((tells || !membership.inside()) && (askedMs == NEVER || nowMs - askedMs >= pauseMs)) {
            askedMs = nowMs;
            actions.add(new Action.Ask(tells ? inside(membership) : JoinQuestion.outside(start.self(), forms(nowMs))));
        }
        return actions;
    }

    private boolean isFormedByItself(Membership membership) {
        return !membership.up().isEmpty() && membership.up().get(0).equals(start.self());
    }

    private JoinQuestion inside(Membership membership) {
        return new JoinQuestion(
                start.self(),
                false,
                membership.up().stream().limit(JoinQuestion.MOST_MEMBERS).toList(),
                membership.size());
    }

    /** The first seed forms a cluster at once where it was in none; any other node when nobody else did for long. */
    private boolean forms(long nowMs) {
        boolean patient = answeredSinceMs != NEVER && nowMs - answeredSinceMs >= times.patienceMs();
        return patient || (start.first() && !start.returns());
    }

    /** @param sentMs when the question was asked */
    public List<Action> answered(JoinAnswer answer, long sentMs, long nowMs) {
        if (answeredSinceMs == NEVER) {
            answeredSinceMs = nowMs;
        }
        answeredLastMs = nowMs;
        if (!(answer instanceof JoinAnswer.NotUnderstood)) {
            olderSinceMs = NEVER;
        }
        if (!(answer instanceof JoinAnswer.Join)) {
            straySinceMs = NEVER;
        }
        if (answer instanceof JoinAnswer.Join join) {
            return inside ? stray(join, nowMs) : join(join);
        } else if (answer instanceof JoinAnswer.NotUnderstood) {
            return notUnderstood(sentMs, nowMs);
        }
        return answer instanceof JoinAnswer.Form ? granted(sentMs, nowMs) : List.of();
    }

    /** No leader answered. One question that is lost is no silence. */
    public void unanswered(long nowMs) {
        olderSinceMs = NEVER;
        if (nowMs - answeredLastMs >= times.patienceMs() / 3) {
            answeredSinceMs = NEVER;
        }
    }

    private List<Action> granted(long sentMs, long nowMs) {
        if (inside || nowMs - sentMs > times.beginMs()) {
            return List.of();
        }
        formsUntilMs = Math.max(formsUntilMs, sentMs + times.grantMs());
        if (forming) {
            return List.of();
        }
        forming = true;
        return List.of(new Action.FormUnless(start.others()));
    }

    private List<Action> join(JoinAnswer.Join join) {
        Set<String> addresses = new LinkedHashSet<>(join.addresses());
        addresses.addAll(start.others());
        addresses.remove(start.self().address());
        List<String> known = List.copyOf(addresses);
        boolean same = !forming && Set.copyOf(known).equals(Set.copyOf(lookedAt));
        return same ? List.of() : List.of(lookAt(known));
    }

    private Action lookAt(List<String> addresses) {
        forming = false;
        formsUntilMs = NEVER;
        lookedAt = addresses;
        return new Action.JoinBy(addresses);
    }

    private List<Action> stray(JoinAnswer.Join join, long nowMs) {
        if (straySinceMs == NEVER) {
            straySinceMs = nowMs;
        }
        return nowMs - straySinceMs < times.strayMs()
                ? List.of()
                : List.of(new Action.BeginAnew("the ledger's leader knows of another cluster", join.addresses()));
    }

    /**
     * A leader of an earlier build: the first seed forms a cluster by itself, as it did then. Not before all that a leader
     * of this build may have granted is over: none can have led for long between two such answers that are close together.
     */
    private List<Action> notUnderstood(long sentMs, long nowMs) {
        if (olderSinceMs == NEVER || nowMs - olderLastMs > times.grantMs() / 2) {
            olderSinceMs = nowMs;
        }
        olderLastMs = sentMs;
        boolean over = nowMs - olderSinceMs >= times.waitMs();
        return start.first() && over && forms(nowMs) ? granted(sentMs, nowMs) : List.of();
    }

    /** Until when this node may form a cluster, by its clock; {@link Long#MIN_VALUE} where it may not. */
    public long formsUntilMs() {
        return formsUntilMs;
    }
}
