package io.godwit.control.cold;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerState;
import io.godwit.control.ledger.VmRecord;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Both sides of a cold migration over the real ledger's state machine, with files that outlast a crash and those that do
 * not. Messages are late, lost and repeated, commands and answers of the ledger too; hosts die and come back, and an
 * operator cancels. Whatever happens, the host that owns the VM has its disks.
 */
class ColdMoveSimulationTest {
    private static final int SEEDS = 20_000;
    private static final int STEPS = 60;
    private static final String VM = "abcdefghijklmnopqrstuvwxy2";
    private static final String MOVE = "m1";

    @Test
    void shouldLeaveTheDisksWholeAtExactlyOneHostWhateverHappens() {
        Map<Fate, Integer> fates = new EnumMap<>(Fate.class);
        for (long seed = 0; seed < SEEDS; seed++) {
            fates.merge(new World(seed).run(), 1, Integer::sum);
        }
        assertThat(fates.get(Fate.MOVED))
                .as("moves that were made, of %s", fates)
                .isGreaterThan(SEEDS / 10);
        assertThat(fates.get(Fate.STAYED))
                .as("moves that were not, of %s", fates)
                .isGreaterThan(SEEDS / 10);
    }

    private enum Fate {
        MOVED,
        STAYED
    }

    /** One host's files of the VM. */
    private static final class Files {
        boolean volume;
        boolean note;
        boolean draft;
        boolean staged;
    }

    /** What is on its way, or on its turn. */
    private record Due(String what, Runnable happens, boolean canBeLost) {}

    private static final class World {
        private final long seed;
        private final Random random;
        private final LedgerState ledger = new LedgerState();
        private final Files at = new Files();
        private final Files to = new Files();
        private final List<Due> due = new ArrayList<>();
        private HostIdentity source = new HostIdentity("a", "1");
        private HostIdentity target = new HostIdentity("b", "1");
        private final HostIdentity admitted = target;
        private final long epoch = 1;
        private @Nullable ColdSourceMove sourceSide = new ColdSourceMove();
        private @Nullable ColdTargetMove targetSide;
        private final List<String> story = new ArrayList<>();
        private boolean faults = true;

        World(long seed) {
            this.seed = seed;
            this.random = new Random(seed);
            VmSpec spec = new VmSpec("db", 64 << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
            ledger.apply(new LedgerCommand.Create("create", VM, spec, source));
            at.volume = true;
        }

        Fate run() {
            send("admit", this::admit);
            for (int step = 0; step < STEPS; step++) {
                step();
                check();
            }
            faults = false;
            for (int step = 0; step < 400 && !isQuiet(); step++) {
                step();
                if (due.isEmpty()) {
                    settle();
                }
                check();
            }
            return over();
        }

        private boolean isQuiet() {
            return due.isEmpty() && sourceSide == null && targetSide == null && !to.draft && !to.staged && !at.note;
        }

        private void step() {
            int roll = random.nextInt(100);
            if (faults && roll < 3) {
                crashSource();
            } else if (faults && roll < 6) {
                crashTarget();
            } else if (faults && roll < 9 && sourceSide != null) {
                story.add("cancel");
                source(sourceSide.cancel());
            } else if (roll < 15 && targetSide != null) {
                target(targetSide.patienceEnded());
            } else if (!due.isEmpty()) {
                Due next = due.remove(random.nextInt(due.size()));
                if (faults && next.canBeLost() && random.nextInt(8) == 0) {
                    story.add("lost " + next.what());
                    return;
                }
                if (faults && next.canBeLost() && random.nextInt(8) == 0) {
                    due.add(next);
                }
                story.add(next.what());
                next.happens().run();
            }
        }

        private void send(String what, Runnable happens) {
            due.add(new Due(what, happens, true));
        }

        private void later(String what, Runnable happens) {
            due.add(new Due(what, happens, false));
        }

        private void admit() {
            if (targetSide != null || !target.equals(admitted) || to.volume || to.staged || random.nextInt(20) == 0) {
                send("refused", () -> source(sourceSide == null ? List.of() : sourceSide.refused("no room")));
                return;
            }
            targetSide = new ColdTargetMove();
            to.draft = true;
            send("admitted", () -> source(sourceSide == null ? List.of() : sourceSide.admitted()));
        }

        private void source(List<ColdSourceMove.Action> actions) {
            for (ColdSourceMove.Action action : actions) {
                HostIdentity life = source;
                if (action instanceof ColdSourceMove.Action.Send) {
                    later("sent", this::arrive);
                } else if (action instanceof ColdSourceMove.Action.Mark) {
                    later("marked", () -> {
                        if (life.equals(source) && sourceSide != null) {
                            at.note = true;
                            source(sourceSide.marked());
                        }
                    });
                } else if (action instanceof ColdSourceMove.Action.Prepare) {
                    ask(
                            new LedgerCommand.Prepare("p", VM, MOVE, epoch, life, admitted),
                            ColdOutcome.PREPARED,
                            answer -> {
                                if (life.equals(source) && sourceSide != null) {
                                    source(sourceSide.prepareAnswered(answer, "no"));
                                }
                            });
                } else if (action instanceof ColdSourceMove.Action.Commit) {
                    ask(new LedgerCommand.Commit("c", VM, MOVE), ColdOutcome.COMMITTED, answer -> {
                        if (life.equals(source) && sourceSide != null) {
                            source(sourceSide.commitAnswered(answer, "no"));
                        }
                    });
                } else if (action instanceof ColdSourceMove.Action.HandOver) {
                    send("handed over", () -> target(targetSide == null ? List.of() : targetSide.handedOver()));
                } else if (action instanceof ColdSourceMove.Action.Dismiss) {
                    send("dismissed", () -> target(targetSide == null ? List.of() : targetSide.dismissed("no")));
                } else if (action instanceof ColdSourceMove.Action.Unmark) {
                    at.note = false;
                } else if (action instanceof ColdSourceMove.Action.Clear) {
                    later("cleared", () -> {
                        if (life.equals(source) && sourceSide != null) {
                            at.volume = false;
                            at.note = false;
                            source(sourceSide.cleared(""));
                        }
                    });
                } else {
                    sourceSide = null;
                    sourceEnded();
                }
            }
        }

        private void arrive() {
            if (targetSide == null || sourceSide == null) {
                return;
            }
            target(random.nextInt(10) == 0 ? targetSide.receiveFailed("broken") : targetSide.received());
        }

        private void target(List<ColdTargetMove.Action> actions) {
            HostIdentity life = target;
            for (ColdTargetMove.Action action : actions) {
                if (action instanceof ColdTargetMove.Action.Stage) {
                    later("staged", () -> {
                        if (life.equals(target) && targetSide != null) {
                            boolean fits = random.nextInt(10) > 0;
                            to.staged = fits;
                            target(fits ? targetSide.staged() : targetSide.stageFailed("differs"));
                        }
                    });
                } else if (action instanceof ColdTargetMove.Action.TellStaged) {
                    send("tell staged", () -> {
                        if (sourceSide != null) {
                            source(sourceSide.staged());
                        } else {
                            sourceEnded();
                        }
                    });
                } else if (action instanceof ColdTargetMove.Action.TellFailed) {
                    send("tell failed", () -> source(sourceSide == null ? List.of() : sourceSide.refused("failed")));
                } else if (action instanceof ColdTargetMove.Action.Abort) {
                    ask(new LedgerCommand.Abort("a", VM, MOVE), ColdOutcome.ABORTED, answer -> {
                        if (life.equals(target) && targetSide != null) {
                            target(targetSide.abortAnswered(answer, "no"));
                        }
                    });
                } else if (action instanceof ColdTargetMove.Action.Publish) {
                    later("published", () -> {
                        if (life.equals(target) && targetSide != null) {
                            to.volume = true;
                            to.draft = false;
                            to.staged = false;
                            target(targetSide.published(""));
                        }
                    });
                } else if (action instanceof ColdTargetMove.Action.Discard) {
                    to.draft = false;
                    to.staged = false;
                } else {
                    targetSide = null;
                    send("target ended", () -> source(sourceSide == null ? List.of() : sourceSide.targetGone("gone")));
                }
            }
        }

        /** The target watches the source's side. */
        private void sourceEnded() {
            later("source gone", () -> {
                if (targetSide != null && sourceSide == null) {
                    target(targetSide.sourceGone());
                }
            });
        }

        /** A command may be applied late and its answer lost; who asked then knows nothing, and may ask again. */
        private void ask(LedgerCommand command, ColdOutcome applied, java.util.function.Consumer<ColdOutcome> told) {
            later("ask " + command.requestId(), () -> {
                boolean late = faults && random.nextInt(5) == 0;
                LedgerAnswer answer = late ? null : ledger.apply(command);
                if (late) {
                    later("late " + command.requestId(), () -> ledger.apply(command));
                }
                boolean heard = answer != null && !(faults && random.nextInt(5) == 0);
                ColdOutcome outcome = heard ? ColdOutcome.of(answer, applied) : ColdOutcome.UNKNOWN;
                later("answer " + command.requestId() + " " + outcome, () -> told.accept(outcome));
            });
        }

        private void crashSource() {
            story.add("crash of the source");
            source = new HostIdentity("a", String.valueOf(Integer.parseInt(source.incarnation()) + 1));
            sourceSide = null;
            sourceEnded();
            if (targetSide != null && random.nextBoolean()) {
                later("stream broke", () -> {
                    if (targetSide != null) {
                        target(targetSide.receiveFailed("broken"));
                    }
                });
            }
            later("the source is back", this::sweepSource);
        }

        private void crashTarget() {
            story.add("crash of the target");
            target = new HostIdentity("b", String.valueOf(Integer.parseInt(target.incarnation()) + 1));
            targetSide = null;
            to.draft = false;
            send("target gone", () -> source(sourceSide == null ? List.of() : sourceSide.targetGone("gone")));
            later("the target is back", this::sweepTarget);
        }

        private VmRecord vm() {
            return ledger.find(VM).orElseThrow();
        }

        /** As each life of a host does: it takes its VMs back, and decides what it had not decided. */
        private void sweepSource() {
            VmRecord vm = vm();
            if (vm.owner().hostId().equals("a") && !vm.owner().equals(source)) {
                if (vm.prepared() == null) {
                    ledger.apply(new LedgerCommand.Reclaim("r" + source, VM, vm.owner(), vm.epoch(), source));
                } else {
                    ledger.apply(new LedgerCommand.Commit("restart", VM, MOVE));
                }
            }
            if (at.note && sourceSide == null) {
                ColdLeftover.Left left = ColdLeftover.left(source, ledger.find(VM), MOVE, epoch);
                left = left == ColdLeftover.Left.ASK ? ColdLeftover.decided(abort("note" + source)) : left;
                if (left == ColdLeftover.Left.CLEAR) {
                    at.volume = false;
                }
                at.note = left == ColdLeftover.Left.WAIT;
            }
        }

        private ColdOutcome abort(String requestId) {
            return ColdOutcome.of(ledger.apply(new LedgerCommand.Abort(requestId, VM, MOVE)), ColdOutcome.ABORTED);
        }

        private void sweepTarget() {
            if (to.staged && targetSide == null) {
                ColdOutcome outcome = abort("sweep" + target);
                if (outcome == ColdOutcome.COMMITTED) {
                    to.volume = true;
                    to.staged = false;
                } else if (outcome == ColdOutcome.ABORTED) {
                    to.staged = false;
                }
            }
        }

        /** Nothing moves any more: what waits for a time to pass has waited, and the hosts read the ledger again. */
        private void settle() {
            if (targetSide != null) {
                target(sourceSide == null ? targetSide.sourceGone() : targetSide.patienceEnded());
            }
            if (sourceSide != null && targetSide == null) {
                source(sourceSide.targetGone("gone"));
            } else if (sourceSide != null && due.isEmpty() && targetSide != null) {
                source(sourceSide.failed("the page stream stands still"));
            }
            sweepSource();
            sweepTarget();
        }

        private void check() {
            String owner = vm().owner().hostId();
            boolean whole = owner.equals("a") ? at.volume : to.volume || to.staged;
            assertThat(whole)
                    .as("seed %d: host %s owns the VM and has its disks: %s", seed, owner, story)
                    .isTrue();
            assertThat(owner.equals("a") && to.volume)
                    .as("seed %d: the target shows a volume of a VM that is not its own: %s", seed, story)
                    .isFalse();
        }

        private Fate over() {
            boolean moved = vm().owner().hostId().equals("b");
            assertThat(isQuiet())
                    .as("seed %d: it comes to an end: %s", seed, story)
                    .isTrue();
            assertThat(at.volume).as("seed %d: at the source: %s", seed, story).isEqualTo(!moved);
            assertThat(to.volume).as("seed %d: at the target: %s", seed, story).isEqualTo(moved);
            assertThat(vm().prepared()).as("seed %d: decided: %s", seed, story).isNull();
            return moved ? Fate.MOVED : Fate.STAYED;
        }
    }
}
