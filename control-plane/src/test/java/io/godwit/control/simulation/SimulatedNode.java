package io.godwit.control.simulation;

import io.godwit.control.ledger.DesiredState;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.RestartPlan;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.PermitAction;
import io.godwit.control.permit.PermitHolder;
import io.godwit.control.permit.PermitHolder.Role;
import io.godwit.control.permit.PermitTimes;
import io.godwit.control.recovery.StartQueue;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A host: a JVM that can stall, crash and come back as another incarnation, with a clock of its own rate. Its guests are
 * the kernel's: they go on while the JVM stalls, and stop at the deadline that was armed last.
 */
final class SimulatedNode {
    private static final long RETRY_MS = 900;
    private static final long GRACE_MS = 10_000;
    private static final long LOOK_MS = 4_000;
    private static final int STARTS_AT_A_TIME = 2;
    private static final int WAKING_MS = 20;

    private final Cluster cluster;
    private final int index;
    private final ClusterMutant mutant;
    private final double rate;
    private final long originMs;
    private final long lagMs;
    /** The VMs that the JVM had when it died last, and under which epoch. */
    private Map<String, Long> remembered = Map.of();

    private @Nullable SimulatedVoter voter;
    private boolean alive;
    private int life;
    private long stalledUntilMs;
    private HostIdentity self = new HostIdentity("", "");
    private PermitHolder holder = new PermitHolder(self, PermitTimes.DEFAULT);
    private Map<String, Guest> guests = new HashMap<>();
    private StartQueue starts = new StartQueue(STARTS_AT_A_TIME);
    private NodeMigrations migrations;
    private final Map<String, Long> toStart = new HashMap<>();
    private final Set<String> asked = new HashSet<>();
    private long bootedAtMs;
    private int changes;
    private int askedVoter;
    private int unanswered;
    private int outstanding;
    private long lastNonce;

    SimulatedNode(Cluster cluster, int index, ClusterMutant mutant, double rate, long originMs, long lagMs) {
        this.cluster = cluster;
        this.index = index;
        this.mutant = mutant;
        this.rate = rate;
        this.originMs = originMs;
        this.lagMs = lagMs;
        migrations = new NodeMigrations(cluster, this);
    }

    void makeVoter() {
        voter = new SimulatedVoter(this, cluster, mutant);
    }

    @Nullable
    SimulatedVoter voter() {
        return voter;
    }

    int index() {
        return index;
    }

    boolean alive() {
        return alive;
    }

    HostIdentity self() {
        return self;
    }

    PermitHolder holder() {
        return holder;
    }

    NodeMigrations migrations() {
        return migrations;
    }

    Map<String, Guest> guests() {
        return guests;
    }

    /** Commands of this life that the ledger has not answered. */
    int outstanding() {
        return alive ? outstanding : 0;
    }

    /** This host's CLOCK_BOOTTIME. */
    long clockMs() {
        return originMs + (long) Math.floor(cluster.nowMs() * rate);
    }

    /** The first instant of true time at which this host's clock shows that. */
    private long trueMs(long clockMs) {
        return (long) Math.ceil((clockMs - originMs) / rate);
    }

    /** Runs in this JVM if that lives still, once it is awake: what came meanwhile is a race of threads then. */
    void local(long delayMs, Runnable task) {
        int mine = life;
        cluster.clock().after(delayMs, () -> {
            if (!alive || life != mine) {
                return;
            }
            long asleepMs = stalledUntilMs - cluster.nowMs();
            if (asleepMs > 0) {
                local(asleepMs + cluster.faults().upTo(WAKING_MS), task);
            } else {
                task.run();
            }
        });
    }

    void send(int to, Runnable delivery) {
        cluster.send(index, to, delivery);
    }

    void stall(long lengthMs) {
        cluster.trace(index, "stalls for " + lengthMs + " ms");
        stalledUntilMs = Math.max(stalledUntilMs, Math.min(cluster.nowMs() + lengthMs, ClusterFaults.END_MS));
    }

    void die() {
        if (alive) {
            cluster.trace(index, "dies");
            alive = false;
            life++;
            remembered = new HashMap<>();
            guests.forEach((vmId, guest) -> remembered.put(vmId, guest.epoch()));
            guests = new HashMap<>();
            cluster.died(index);
        }
    }

    void boot() {
        if (alive) {
            return;
        }
        alive = true;
        life++;
        stalledUntilMs = 0;
        outstanding = 0;
        self = new HostIdentity("host" + index, "life" + life);
        cluster.trace(index, "boots as " + self.incarnation());
        holder = new PermitHolder(self, PermitTimes.DEFAULT);
        guests = new HashMap<>();
        starts = new StartQueue(STARTS_AT_A_TIME);
        migrations = new NodeMigrations(cluster, this);
        asked.clear();
        bootedAtMs = cluster.nowMs();
        if (voter != null) {
            voter.boot();
        }
        local(cluster.faults().upTo(1_000), this::tick);
        if (mutant == ClusterMutant.RESTART_WITHOUT_A_READ) {
            runRemembered();
        }
        comeHome(false);
    }

    private void runRemembered() {
        long period = holder.period(clockMs());
        if (period == PermitHolder.NEVER) {
            local(100, this::runRemembered);
            return;
        }
        remembered.forEach((vmId, epoch) -> {
            if (!holder.isHeld(vmId)) {
                guests.put(vmId, new Guest(epoch, cluster.newMemory()));
                act(holder.hold(vmId, epoch, Role.OWNER, cluster.isGuarded(vmId), period, clockMs()));
            }
        });
    }

    /**
     * Nothing runs before the ledger was read; then VMs of earlier lives are taken back. Asked again and again: a claim
     * may be applied though its answer never came.
     */
    private void comeHome(boolean graceIsOver) {
        long period = holder.period(clockMs());
        int before = changes;
        list(records -> {
            RestartPlan plan = RestartPlan.of(self, records);
            plan.reclaims().forEach(this::once);
            RestartPlan.gone(self, records)
                    .forEach(dead -> once(
                            new LedgerCommand.ConfirmDead("gone/" + dead.hostId() + "/" + dead.incarnation(), dead)));
            if (graceIsOver) {
                plan.offers().forEach(this::once);
            }
            for (VmRecord vm : records) {
                boolean mine = vm.owner().equals(self) && vm.prepared() == null;
                if (mine && !holder.isHeld(vm.id())) {
                    own(vm, period, changes == before);
                } else if (mine && changes == before) {
                    startIfDesired(vm);
                }
            }
            local(LOOK_MS, () -> comeHome(cluster.nowMs() - bootedAtMs > GRACE_MS));
        });
    }

    private void once(LedgerCommand command) {
        if (asked.add(command.vmId() + "/" + command.requestId())) {
            take(command);
        }
    }

    /** Claims or reclaims a VM and starts it if it is to run. */
    void take(LedgerCommand claim) {
        long period = holder.period(clockMs());
        int before = changes;
        submit(claim, answer -> {
            if (answer instanceof LedgerAnswer.Applied applied
                    && applied.vm() != null
                    && applied.vm().owner().equals(self)) {
                own(applied.vm(), period, changes == before);
            }
        });
    }

    /** @param fresh whether nothing else was desired of a VM here since that was asked: an answer may be a recorded one */
    private void own(VmRecord vm, long period, boolean fresh) {
        act(holder.hold(vm.id(), vm.epoch(), Role.OWNER, cluster.isGuarded(vm.id()), evidence(period), clockMs()));
        if (fresh) {
            startIfDesired(vm);
        }
    }

    private void startIfDesired(VmRecord vm) {
        if (vm.desired() == DesiredState.RUNNING
                && holder.isOwned(vm.id(), vm.epoch())
                && !guests.containsKey(vm.id())
                && !migrations.concerns(vm.id())) {
            enqueue(vm.id(), vm.epoch());
        }
    }

    long evidence(long period) {
        return mutant == ClusterMutant.RESUME_FROM_A_READ_BEFORE_CONTACT ? holder.period(clockMs()) : period;
    }

    private void enqueue(String vmId, long epoch) {
        toStart.put(vmId, epoch);
        starts.add(vmId, 0);
        local(1, this::startNext);
    }

    private void startNext() {
        starts.next()
                .ifPresent(next -> local(50 + cluster.faults().upTo(400), () -> {
                    starts.done(next);
                    long epoch = toStart.getOrDefault(next, 0L);
                    if (holder.isOwned(next, epoch)) {
                        guests.computeIfAbsent(next, id -> new Guest(epoch, cluster.newMemory()));
                    }
                    resumeIfAllowed(next);
                    startNext();
                }));
    }

    /** A guest of that epoch, not one that the VM was started with since. */
    void end(String vmId, long epoch) {
        Guest guest = guests.get(vmId);
        if (guest != null && guest.epoch() == epoch) {
            guests.remove(vmId);
        }
    }

    /** A guest with the memory that is here, or of a new start, runs while the permit lets it. */
    void resumeIfAllowed(String vmId) {
        Guest guest = guests.get(vmId);
        if (guest != null && !guest.held()) {
            holder.mayRunUntilMs(vmId, clockMs()).ifPresent(until -> runUntil(guest, vmId, until));
        }
    }

    private void runUntil(Guest guest, String vmId, long untilMs) {
        boolean forever = untilMs == PermitHolder.FOREVER || mutant == ClusterMutant.JVM_ONLY_DEADLINE;
        guest.run(forever ? Long.MAX_VALUE : trueMs(untilMs) + lagMs);
        cluster.check();
    }

    void setDesired(VmRecord vm, DesiredState desired, String requestId, Consumer<Boolean> answered) {
        submit(new LedgerCommand.SetDesired(requestId, vm.id(), vm.owner(), vm.epoch(), desired), answer -> {
            boolean done = answer instanceof LedgerAnswer.Applied;
            changes++;
            answered.accept(done);
            if (done && desired == DesiredState.STOPPED) {
                guests.remove(vm.id());
                toStart.remove(vm.id());
            } else if (answer instanceof LedgerAnswer.Applied applied && applied.vm() != null) {
                startIfDesired(applied.vm());
            }
        });
    }

    private void tick() {
        if (mutant != ClusterMutant.PERMIT_COUNTED_FROM_THE_REPLY) {
            act(holder.tick(clockMs()));
            long waitMs = Math.max(1, holder.nextTickMs() - clockMs());
            local((long) Math.ceil(waitMs / rate), this::tick);
        } else {
            renew(new io.godwit.control.permit.Renewal(self, ++lastNonce));
            local(PermitTimes.DEFAULT.renewalMs(), this::tick);
        }
    }

    void act(List<PermitAction> actions) {
        for (PermitAction action : actions) {
            if (action instanceof PermitAction.SendRenewal send) {
                lastNonce = send.renewal().nonce();
                renew(send.renewal());
            } else if (action instanceof PermitAction.RunUntil run) {
                resumeIfAllowed(run.vmId());
            } else if (action instanceof PermitAction.Pause pause) {
                Optional.ofNullable(guests.get(pause.vmId())).ifPresent(Guest::pause);
            } else if (action instanceof PermitAction.Read read) {
                read(read);
            } else if (action instanceof PermitAction.GiveUp giveUp) {
                cluster.trace(index, "gives up " + giveUp.vmId() + ": " + giveUp.reason());
                guests.remove(giveUp.vmId());
                starts.done(giveUp.vmId());
            }
        }
        cluster.check();
    }

    private void renew(io.godwit.control.permit.Renewal renewal) {
        int asked = voterToAsk();
        if (++unanswered > 2) {
            askedVoter = cluster.faults().upTo(cluster.voters());
        }
        send(
                asked,
                () -> cluster.voter(asked)
                        .renew(
                                renewal,
                                grant -> cluster.send(asked, index, () -> granted(grant)),
                                () -> redirect(asked)));
    }

    private void granted(Grant grant) {
        if (!grant.host().equals(self)) {
            return;
        }
        unanswered = 0;
        if (mutant == ClusterMutant.PERMIT_COUNTED_FROM_THE_REPLY) {
            for (PermitAction action : holder.tick(clockMs())) {
                if (action instanceof PermitAction.SendRenewal send) {
                    act(holder.granted(new Grant(self, send.renewal().nonce()), clockMs()));
                } else {
                    act(List.of(action));
                }
            }
        } else if (mutant == ClusterMutant.NONCE_NOT_COMPARED) {
            act(holder.granted(new Grant(self, lastNonce), clockMs()));
        } else {
            act(holder.granted(grant, clockMs()));
        }
    }

    private void read(PermitAction.Read read) {
        if (mutant == ClusterMutant.RESUME_WITHOUT_A_READ) {
            Guest guest = guests.get(read.vmId());
            Optional<VmRecord> own = Optional.of(cluster.recordOf(read.vmId()))
                    .map(vm -> new VmRecord(
                            vm.id(), vm.spec(), self, guest == null ? 0 : guest.epoch(), vm.desired(), null, null));
            act(holder.read(read.vmId(), read.period(), own, clockMs()));
            return;
        }
        int asked = voterToAsk();
        if (mutant == ClusterMutant.RESUME_FROM_A_REPLICA) {
            asked = cluster.faults().upTo(cluster.voters());
        }
        int to = asked;
        Question question = new Question();
        Consumer<Optional<VmRecord>> answered = record -> {
            if (question.counts()) {
                act(holder.read(read.vmId(), evidence(read.period()), record, clockMs()));
            }
        };
        send(
                to,
                () -> cluster.voter(to)
                        .find(
                                read.vmId(),
                                record -> cluster.send(to, index, () -> answered.accept(record)),
                                () -> redirect(to)));
    }

    private void list(Consumer<List<VmRecord>> answered) {
        Question question = new Question();
        retried(question, () -> {
            int asked = voterToAsk();
            send(
                    asked,
                    () -> cluster.voter(asked)
                            .list(
                                    records -> cluster.send(asked, index, () -> {
                                        if (question.counts()) {
                                            answered.accept(records);
                                        }
                                    }),
                                    () -> redirect(asked)));
        });
    }

    /** Until it is answered, or refused before the log. */
    void submit(LedgerCommand command, Consumer<LedgerAnswer> answered) {
        Question question = new Question();
        outstanding++;
        retried(question, () -> {
            int asked = voterToAsk();
            send(
                    asked,
                    () -> cluster.voter(asked)
                            .submit(
                                    command,
                                    answer -> cluster.send(asked, index, () -> {
                                        if (question.counts()) {
                                            outstanding--;
                                            answered.accept(answer);
                                        }
                                    }),
                                    reason -> cluster.send(asked, index, () -> {
                                        if (question.counts()) {
                                            outstanding--;
                                        }
                                    }),
                                    () -> redirect(asked)));
        });
    }

    private void retried(Question question, Runnable attempt) {
        if (!question.answered) {
            attempt.run();
            local(RETRY_MS, () -> {
                if (!question.answered) {
                    askedVoter = cluster.faults().upTo(cluster.voters());
                    retried(question, attempt);
                }
            });
        }
    }

    /** What this life asks: its first answer counts, and one that reaches the next life is nobody's. */
    private final class Question {
        private final int asking = life;
        private boolean answered;

        boolean counts() {
            boolean first = !answered && asking == life;
            answered |= first;
            return first;
        }
    }

    private int voterToAsk() {
        return askedVoter;
    }

    /** A voter says who leads, if it knows. */
    private void redirect(int asked) {
        int known = cluster.voter(asked).knownLeader();
        cluster.send(asked, index, () -> {
            if (known >= 0) {
                askedVoter = known;
            }
        });
    }
}
