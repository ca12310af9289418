package io.godwit.control.join;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** A host with the code that nodes carry out, and membership as far as joining knows it. */
final class JoinHost {
    private static final long TICK_MS = 500;
    /** As Pekko's first seed waits for the others. */
    private static final long PROBE_MS = 5_000;
    /** For so long a member is out of reach before membership resolves that. */
    private static final long UNREACHABLE_MS = 10_000;

    private static final long LIFE = 1_000_000;

    private final JoinWorld world;
    private final int id;
    private final int driftPerMille;
    private final Set<String> met = new LinkedHashSet<>();
    private final TreeMap<Integer, Long> unreachableSinceMs = new TreeMap<>();
    private int process;
    private long life;
    private boolean alive;
    private long sleepsUntilMs;
    private Seeker seeker;
    private long formSinceMs = -1;
    private List<String> looksAt = List.of();
    /** The cluster this host is in, shared by its members; null for none. */
    private List<ClusterNode> cluster;

    JoinHost(JoinWorld world, int id, int driftPerMille) {
        this.world = world;
        this.id = id;
        this.driftPerMille = driftPerMille;
    }

    int id() {
        return id;
    }

    int process() {
        return process;
    }

    boolean isAlive() {
        return alive;
    }

    boolean isAwake() {
        return alive && world.nowMs() >= sleepsUntilMs;
    }

    long sleepsUntilMs() {
        return sleepsUntilMs;
    }

    long clockMs() {
        return 1_000_000L * (id + 1) + world.nowMs() * (1_000 + driftPerMille) / 1_000;
    }

    /** Whether it has the right to form a cluster and has not used it, stands it still or not. */
    boolean mayForm() {
        return alive && cluster == null && seeker.formsUntilMs() >= clockMs();
    }

    List<ClusterNode> members() {
        return cluster == null ? List.of() : cluster;
    }

    boolean sees(List<JoinHost> all) {
        return cluster != null
                && all.stream().allMatch(host -> host.cluster == cluster)
                && cluster.size() == all.size();
    }

    void start() {
        if (!alive) {
            alive = true;
            process++;
            sleepsUntilMs = 0;
            met.clear();
            world.trace(this + " starts");
            if (world.voters().isVoter(id)) {
                world.voters().restarted(id);
            }
            begin();
        }
    }

    void die() {
        if (alive) {
            world.trace(this + " dies");
            alive = false;
            cluster = null;
        }
    }

    void standStill(long untilMs) {
        world.trace(this + " stands still until " + untilMs);
        sleepsUntilMs = Math.max(sleepsUntilMs, untilMs);
    }

    /** A new actor system. */
    void beginAnew() {
        if (isAwake()) {
            world.trace(this + " begins anew");
            leave();
            begin();
        }
    }

    private void leave() {
        if (cluster != null) {
            cluster.remove(self());
            cluster = null;
        }
    }

    private static String address(int id) {
        return "h" + id;
    }

    private ClusterNode self() {
        return new ClusterNode(address(id), life);
    }

    private JoinHost host(String address) {
        return world.hosts().get(Integer.parseInt(address.substring(1)));
    }

    private void begin() {
        life = id + LIFE * (life / LIFE + 1);
        formSinceMs = -1;
        unreachableSinceMs.clear();
        // The first two are the seeds.
        Set<String> others = new LinkedHashSet<>(List.of(address(0), address(1)));
        others.addAll(met);
        others.remove(address(id));
        looksAt = List.copyOf(others);
        seeker = new Seeker(JoinTimes.DEFAULT, new Seeker.Start(self(), List.copyOf(others), id == 0, !met.isEmpty()));
        tick(life);
    }

    private void tick(long ofLife) {
        if (life != ofLife) {
            return;
        }
        resolve();
        if (life == ofLife) {
            seek();
        }
        if (life == ofLife) {
            look();
        }
        world.at(id, TICK_MS, () -> tick(ofLife));
    }

    private void look() {
        rememberMet();
        boolean tells = world.mutant() != JoinMutant.MEMBERS_TELL_NOTHING;
        Seeker.Membership membership = cluster == null
                ? Seeker.Membership.NONE
                : new Seeker.Membership(true, cluster, cluster.size() - unreachableSinceMs.size());
        for (Seeker.Action action : seeker.look(membership, clockMs())) {
            if (tells || cluster == null || !(action instanceof Seeker.Action.Ask)) {
                act(action);
            }
        }
    }

    private void rememberMet() {
        if (cluster != null && cluster.size() > 1) {
            met.clear();
            cluster.stream()
                    .map(ClusterNode::address)
                    .filter(other -> !other.equals(address(id)))
                    .forEach(met::add);
        }
    }

    private void act(Seeker.Action action) {
        if (action instanceof Seeker.Action.Ask ask) {
            ask(ask.question());
        } else if (action instanceof Seeker.Action.JoinBy by) {
            formSinceMs = -1;
            looksAt = by.addresses();
        } else if (action instanceof Seeker.Action.FormUnless form) {
            formSinceMs = world.nowMs();
            looksAt = form.others();
        } else if (action instanceof Seeker.Action.BeginAnew anew) {
            if (world.mutant() != JoinMutant.STRAYS_STAY || anew.addresses().isEmpty()) {
                met.addAll(anew.addresses());
                met.remove(address(id));
                world.trace(this + ": " + anew.reason());
                beginAnew();
            }
        }
    }

    private void ask(JoinQuestion question) {
        JoinMutant mutant = world.mutant();
        Seeker asking = seeker;
        long sentMs = clockMs();
        boolean atOnce = mutant == JoinMutant.FIRST_SEED_ASKS_NOBODY
                && id == 0
                && world.voters().hasWorkingLeader();
        if (question.forms() && atOnce) {
            answered(asking, new JoinAnswer.Form(), sentMs);
            return;
        }
        JoinQuestion asked = mutant == JoinMutant.ONLY_THE_FIRST_SEED_FORMS && id > 0
                ? new JoinQuestion(question.self(), false, question.members(), question.size())
                : question;
        boolean[] heard = {false};
        world.voters()
                .leader()
                .ifPresent(leader -> world.send(
                        id,
                        leader,
                        () -> world.voters()
                                .answer(
                                        leader,
                                        asked,
                                        answer -> world.send(leader, id, () -> {
                                            heard[0] = true;
                                            answered(
                                                    asking,
                                                    answer,
                                                    mutant == JoinMutant.GRANTEE_COUNTS_FROM_THE_ANSWER
                                                            ? clockMs()
                                                            : sentMs);
                                        }))));
        world.at(id, 2_000, () -> {
            if (!heard[0] && seeker == asking) {
                asking.unanswered(clockMs());
            }
        });
    }

    private void answered(Seeker asking, JoinAnswer answer, long sentMs) {
        if (seeker == asking) {
            List<Seeker.Action> actions = asking.answered(answer, sentMs, clockMs());
            if (!(answer instanceof JoinAnswer.Wait)) {
                world.trace(this + " hears " + answer + ", does " + actions);
            }
            actions.forEach(this::act);
        }
    }

    /** As Pekko asks the seeds, and has the first join itself where it may. */
    private void seek() {
        if (cluster != null) {
            return;
        }
        boolean allSay = true;
        for (String address : looksAt) {
            JoinHost other = host(address);
            boolean answers = other.isAwake() && !world.apart(id, other.id);
            if (answers && other.admits(address(id))) {
                cluster = other.cluster;
                // A new life of a member takes the old one's place.
                cluster.removeIf(member -> member.address().equals(address(id)));
                cluster.add(self());
                world.trace(this + " joins " + cluster);
                return;
            }
            allSay &= answers;
        }
        if (formSinceMs >= 0 && (allSay || world.nowMs() - formSinceMs >= PROBE_MS)) {
            cluster = new ArrayList<>(List.of(self()));
            world.formed(this);
        }
    }

    /** Nobody comes up while a member is out of reach, but for one whose next life it is. */
    private boolean admits(String address) {
        return cluster != null
                && cluster.stream().allMatch(member -> member.address().equals(address) || isReached(member));
    }

    /** As Pekko's split-brain resolver: the side with most members stays, of two as large that with the lowest. */
    private void resolve() {
        if (cluster == null) {
            return;
        }
        Set<Integer> lost = cluster.stream()
                .filter(member -> !isReached(member))
                .map(member -> host(member.address()).id)
                .collect(Collectors.toSet());
        unreachableSinceMs.keySet().retainAll(lost);
        lost.forEach(other -> unreachableSinceMs.putIfAbsent(other, world.nowMs()));
        boolean due = unreachableSinceMs.values().stream().anyMatch(since -> world.nowMs() - since >= UNREACHABLE_MS);
        if (due) {
            resolve(cluster.stream()
                    .filter(member -> unreachableSinceMs.containsKey(host(member.address()).id))
                    .toList());
        }
    }

    private void resolve(Collection<ClusterNode> lost) {
        int kept = cluster.size() - lost.size();
        ClusterNode lowest = cluster.stream()
                .min((a, b) -> a.address().compareTo(b.address()))
                .orElseThrow();
        if (kept > lost.size() || (kept == lost.size() && !lost.contains(lowest))) {
            List<ClusterNode> next = new ArrayList<>(cluster);
            next.removeAll(lost);
            world.trace(this + " removes " + lost);
            for (ClusterNode member : next) {
                JoinHost host = host(member.address());
                if (host.cluster == cluster && host != this) {
                    host.cluster = next;
                    host.unreachableSinceMs.clear();
                }
            }
            cluster = next;
            unreachableSinceMs.clear();
        } else {
            world.trace(this + " is removed");
            beginAnew();
        }
    }

    private boolean isReached(ClusterNode member) {
        JoinHost other = host(member.address());
        return other == this
                || (other.isAwake()
                        && other.self().equals(member)
                        && other.cluster == cluster
                        && !world.apart(id, other.id));
    }

    @Override
    public String toString() {
        return "h" + id;
    }
}
