package io.godwit.control.simulation;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.PermitHolder;
import io.godwit.control.permit.PermitHolder.Role;
import io.godwit.control.switchover.MigrationStatus;
import io.godwit.control.switchover.SourceAction;
import io.godwit.control.switchover.SourceEvent;
import io.godwit.control.switchover.SourceSwitchover;
import io.godwit.control.switchover.SourceTimer;
import io.godwit.control.switchover.SwitchoverTimers;
import io.godwit.control.switchover.TargetAction;
import io.godwit.control.switchover.TargetEvent;
import io.godwit.control.switchover.TargetSwitchover;
import io.godwit.control.switchover.TargetTimer;
import io.godwit.control.switchover.Verification;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** A host's sides of migrations: the real switchovers, whose every word about running goes through the permit. */
final class NodeMigrations {
    private static final long LINK_MS = 3_000;

    private final Cluster cluster;
    private final SimulatedNode node;
    private final Map<String, Source> sources = new HashMap<>();
    private final Map<String, Target> targets = new HashMap<>();

    NodeMigrations(Cluster cluster, SimulatedNode node) {
        this.cluster = cluster;
        this.node = node;
    }

    /** What still goes on here, and what it waits for. */
    List<String> unfinished() {
        return Stream.concat(
                        sources.values().stream()
                                .filter(source -> !source.switchover.finished())
                                .map(source -> "source: " + source.switchover.waitingFor()),
                        targets.values().stream()
                                .filter(target -> !target.switchover.finished())
                                .map(target -> "target: " + target.switchover.waitingFor()))
                .toList();
    }

    boolean concerns(String vmId) {
        return sources.values().stream().anyMatch(s -> s.vmId.equals(vmId) && !s.switchover.finished())
                || targets.values().stream().anyMatch(t -> t.vmId.equals(vmId) && !t.switchover.finished());
    }

    void start(String migrationId, VmRecord vm, int to) {
        Source source = new Source(migrationId, vm, to);
        sources.put(migrationId, source);
        source.on(new SourceEvent.Start());
    }

    void sourceGone(String migrationId) {
        Target target = targets.get(migrationId);
        if (target != null) {
            target.on(new TargetEvent.SourceGone("it is silent"));
        }
    }

    void peerDied(int peer) {
        List.copyOf(sources.values()).stream()
                .filter(source -> source.to == peer)
                .forEach(source -> source.on(new SourceEvent.TargetLost("it died")));
        List.copyOf(targets.values()).stream()
                .filter(target -> target.from == peer)
                .forEach(target -> target.on(new TargetEvent.SourceGone("it died")));
    }

    private void toSource(int to, String migrationId, SourceEvent event) {
        node.send(to, () -> {
            Source source = cluster.nodes().get(to).migrations().sources.get(migrationId);
            if (source != null) {
                source.on(event);
            }
        });
    }

    private void toTarget(int to, String migrationId, TargetEvent event) {
        node.send(to, () -> {
            Target target = cluster.nodes().get(to).migrations().targets.get(migrationId);
            if (target != null) {
                target.on(event);
            }
        });
    }

    private void admit(String migrationId, String vmId, long epoch, HostIdentity source, int from) {
        if (!targets.containsKey(migrationId)) {
            if (node.holder().isHeld(vmId) || node.guests().containsKey(vmId)) {
                toSource(from, migrationId, new SourceEvent.AdmissionRefused(List.of("the VM is here")));
                return;
            }
            Target target = new Target(migrationId, vmId, epoch, source, from);
            targets.put(migrationId, target);
            long period = node.holder().period(node.clockMs());
            node.act(node.holder().hold(vmId, epoch, Role.TARGET, cluster.isGuarded(vmId), period, node.clockMs()));
            target.on(new TargetEvent.Start());
        }
        toSource(from, migrationId, new SourceEvent.Reserved(node.self()));
    }

    private final class Source {
        private final String migrationId;
        private final String vmId;
        private final int to;
        private final long epoch;
        private final SourceSwitchover switchover;
        private final Map<SourceTimer, Long> armed = new EnumMap<>(SourceTimer.class);
        private long arming;
        private boolean engineOn;

        Source(String migrationId, VmRecord vm, int to) {
            this.migrationId = migrationId;
            this.to = to;
            vmId = vm.id();
            epoch = vm.epoch();
            switchover = new SourceSwitchover(migrationId, vmId, epoch, node.self(), SwitchoverTimers.DEFAULT, false);
        }

        void on(SourceEvent event) {
            for (SourceAction action : switchover.on(event)) {
                cluster.trace(node.index(), migrationId + " " + action);
                carryOut(action);
                cluster.check();
            }
        }

        private void carryOut(SourceAction action) {
            Guest guest = node.guests().get(vmId);
            if (action instanceof SourceAction.AskAdmission) {
                HostIdentity self = node.self();
                node.send(
                        to,
                        () -> cluster.nodes().get(to).migrations().admit(migrationId, vmId, epoch, self, node.index()));
            } else if (action instanceof SourceAction.StartEngine) {
                engineOn = true;
                later(20, new SourceEvent.EngineActive());
                later(50 + cluster.faults().upTo(300), new SourceEvent.Converged());
            } else if (action instanceof SourceAction.Submit submit) {
                node.submit(
                        submit.command(),
                        answer -> on(
                                new SourceEvent.LedgerAnswered(submit.command().requestId(), answer)));
            } else if (action instanceof SourceAction.Pause) {
                node.local(5, this::pause);
            } else if (action instanceof SourceAction.SendRest) {
                cluster.faults().directed().switchover(node.index(), to);
                node.local(5, () -> sendRest(guest));
            } else if (action instanceof SourceAction.SendGo) {
                toTarget(to, migrationId, new TargetEvent.Go());
            } else if (action instanceof SourceAction.ResumeHere) {
                if (guest != null) {
                    guest.hold(false);
                    node.resumeIfAllowed(vmId);
                }
            } else if (action instanceof SourceAction.Release) {
                node.end(vmId, epoch);
                node.holder().handedOver(vmId, epoch);
            } else if (action instanceof SourceAction.StopEngine) {
                engineOn = false;
            } else if (action instanceof SourceAction.DismissTarget dismiss) {
                toTarget(to, migrationId, new TargetEvent.Dismissed(dismiss.reason()));
            } else if (action instanceof SourceAction.ArmTimer timer) {
                arm(timer.timer(), timer.delayMs());
            } else {
                armed.clear();
            }
        }

        private void later(long delayMs, SourceEvent event) {
            node.local(delayMs, () -> {
                if (engineOn) {
                    on(event);
                }
            });
        }

        private void pause() {
            Guest guest = node.guests().get(vmId);
            if (!engineOn) {
                return;
            } else if (guest == null) {
                on(new SourceEvent.EngineFailed("the guest is gone"));
                return;
            }
            guest.hold(true);
            on(new SourceEvent.Paused());
        }

        private void sendRest(Guest guest) {
            if (guest == null || cluster.faults().cut(node.index(), to)) {
                on(new SourceEvent.EngineFailed("the stream broke"));
                return;
            }
            long memory = cluster.newMemory();
            cluster.nodes().get(to).local(5, () -> {
                Target target = cluster.nodes().get(to).migrations().targets.get(migrationId);
                if (target != null) {
                    target.memory = memory;
                    target.on(new TargetEvent.FinalReceived());
                }
            });
            on(new SourceEvent.FinalSent());
        }

        private void arm(SourceTimer timer, long delayMs) {
            long mine = ++arming;
            armed.put(timer, mine);
            node.local(delayMs, () -> {
                if (Long.valueOf(mine).equals(armed.get(timer))) {
                    armed.remove(timer);
                    on(new SourceEvent.TimerFired(timer));
                }
            });
        }
    }

    private final class Target {
        private final String migrationId;
        private final String vmId;
        private final long epoch;
        private final int from;
        private final TargetSwitchover switchover;
        private final Map<TargetTimer, Long> armed = new EnumMap<>(TargetTimer.class);
        private long arming;
        private long memory;

        Target(String migrationId, String vmId, long epoch, HostIdentity source, int from) {
            this.migrationId = migrationId;
            this.vmId = vmId;
            this.epoch = epoch;
            this.from = from;
            switchover = new TargetSwitchover(migrationId, vmId, epoch, source, node.self(), SwitchoverTimers.DEFAULT);
        }

        void on(TargetEvent event) {
            for (TargetAction action : switchover.on(event)) {
                cluster.trace(node.index(), migrationId + " " + action);
                carryOut(action);
                cluster.check();
            }
        }

        private void carryOut(TargetAction action) {
            if (action instanceof TargetAction.RestoreAndVerify) {
                node.local(5, () -> {
                    if (!switchover.finished()) {
                        Guest guest = new Guest(epoch, memory);
                        guest.hold(true);
                        node.guests().put(vmId, guest);
                        on(new TargetEvent.Restored(new Verification(true, "")));
                    }
                });
            } else if (action instanceof TargetAction.SendReady ready) {
                toSource(from, migrationId, new SourceEvent.TargetReady(ready.verification()));
            } else if (action instanceof TargetAction.RunMachine) {
                cluster.faults().directed().ranOnGo(node.index());
                run();
            } else if (action instanceof TargetAction.SendRunning) {
                toSource(from, migrationId, new SourceEvent.TargetRunning());
            } else if (action instanceof TargetAction.SendFailed failed) {
                toSource(from, migrationId, new SourceEvent.TargetFailed(failed.reason()));
            } else if (action instanceof TargetAction.Submit submit) {
                submit(submit.command());
            } else if (action instanceof TargetAction.DiscardMachine
                    || action instanceof TargetAction.StopMachine
                    || action instanceof TargetAction.ReportLost) {
                node.end(vmId, epoch);
                node.holder().release(vmId, epoch);
            } else if (action instanceof TargetAction.ArmTimer timer) {
                arm(timer.timer(), timer.delayMs());
            } else {
                armed.clear();
            }
            if (switchover.finished()
                    && switchover.status() != MigrationStatus.COMPLETED
                    && !node.holder().isOwned(vmId, epoch + 1)) {
                node.end(vmId, epoch);
                node.holder().release(vmId, epoch);
            }
        }

        private void run() {
            Guest guest = node.guests().get(vmId);
            if (guest != null) {
                guest.hold(false);
                node.resumeIfAllowed(vmId);
                node.local(1, () -> {
                    if (guest.executes(cluster.nowMs())) {
                        on(new TargetEvent.Running());
                    }
                });
            }
        }

        private void submit(LedgerCommand command) {
            long period = node.holder().period(node.clockMs());
            node.submit(command, answer -> {
                on(new TargetEvent.LedgerAnswered(command.requestId(), answer));
                if (switchover.status() == MigrationStatus.COMPLETED && switchover.finished()) {
                    committed(answer instanceof LedgerAnswer.Applied ? node.evidence(period) : old());
                }
            });
        }

        private long old() {
            return cluster.mutant() == ClusterMutant.OLD_DECISION_TAKEN_FOR_EVIDENCE
                    ? node.holder().period(node.clockMs())
                    : PermitHolder.NEVER;
        }

        private void committed(long period) {
            Guest guest = node.guests().get(vmId);
            if (guest != null && !node.holder().isOwned(vmId, epoch + 1)) {
                guest.committedAt(epoch + 1);
                node.act(node.holder()
                        .hold(vmId, epoch + 1, Role.OWNER, cluster.isGuarded(vmId), period, node.clockMs()));
            }
        }

        private void arm(TargetTimer timer, long delayMs) {
            long mine = ++arming;
            armed.put(timer, mine);
            node.local(delayMs, () -> {
                if (Long.valueOf(mine).equals(armed.get(timer))) {
                    armed.remove(timer);
                    on(new TargetEvent.TimerFired(timer));
                }
            });
        }
    }
}
