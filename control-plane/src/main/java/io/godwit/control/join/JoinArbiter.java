package io.godwit.control.join;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The ledger leader's half of joining: which cluster is the one, and who may form one where there is none. One for each
 * voter; what it remembers is of one term and in memory alone. Not thread-safe. Instants are those of the voter's
 * {@code CLOCK_BOOTTIME}, in ms. The argument is in the package's description.
 */
public final class JoinArbiter {
    /**
     * A term in which this voter leads.
     *
     * @param sinceMs when it was ready
     * @param first whether no leader of an earlier term can have granted anything: none ever had an entry committed
     */
    public record Led(long term, long sinceMs, boolean first) {}

    /** A cluster, as one of its members told of it last. */
    private record Known(List<ClusterNode> members, int size, long heardMs) {
        boolean shares(List<ClusterNode> others) {
            return members.stream().anyMatch(others::contains);
        }

        List<String> addresses() {
            return members.stream().map(ClusterNode::address).toList();
        }

        /** Without former lives of the node at that address. */
        Known without(String address) {
            List<ClusterNode> left = members.stream()
                    .filter(member -> !member.address().equals(address))
                    .toList();
            return new Known(left, size, heardMs);
        }
    }

    private final JoinTimes times;
    private long term = -1;
    private @Nullable Known known;
    private @Nullable String grantee;
    private long grantedMs;

    public JoinArbiter(JoinTimes times) {
        this.times = times;
    }

    /**
     * The answer to a question, once a majority has acknowledged a round of that term which was begun after the question's
     * receipt. Empty if the term is over: this voter has led a later one.
     */
    public Optional<JoinAnswer> answer(Led led, JoinQuestion question, long nowMs) {
        if (led.term() < term) {
            return Optional.empty();
        }
        if (led.term() > term) {
            term = led.term();
            known = null;
            grantee = null;
        }
        if (known != null && nowMs - known.heardMs() >= times.rememberMs()) {
            known = null;
        }
        return Optional.of(question.isInside() ? inside(led, question, nowMs) : outside(led, question, nowMs));
    }

    /** Of two clusters the larger counts, of two as large the one that was known. */
    private JoinAnswer inside(Led led, JoinQuestion question, long nowMs) {
        Known now = known;
        if (now == null || now.shares(question.members()) || question.size() > now.size()) {
            known = new Known(question.members(), question.size(), nowMs);
            return new JoinAnswer.Wait();
        }
        // A new leader first hears of all clusters that there are.
        return nowMs - led.sinceMs() >= times.waitMs() ? join(now) : new JoinAnswer.Wait();
    }

    private JoinAnswer outside(Led led, JoinQuestion question, long nowMs) {
        String address = question.self().address();
        if (known != null) {
            Known others = known.without(address);
            known = others.members().isEmpty() ? null : others;
        }
        if (known != null) {
            return join(known);
        }
        boolean granted = grantee != null && nowMs - grantedMs < times.waitMs();
        if (granted && !address.equals(grantee)) {
            return new JoinAnswer.Join(List.of(grantee));
        }
        boolean waited = led.first() || nowMs - led.sinceMs() >= times.waitMs();
        if (!question.forms() || !waited) {
            return new JoinAnswer.Wait();
        }
        grantee = address;
        grantedMs = nowMs;
        return new JoinAnswer.Form();
    }

    private static JoinAnswer join(Known cluster) {
        Set<String> addresses = new LinkedHashSet<>(cluster.addresses());
        return new JoinAnswer.Join(List.copyOf(addresses));
    }
}
