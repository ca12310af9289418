package io.godwit.control.simulation;

import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.switchover.SourceAction;
import io.godwit.control.switchover.SourceEvent;
import io.godwit.control.switchover.SourceTimer;
import io.godwit.control.switchover.TargetAction;
import io.godwit.control.switchover.TargetEvent;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;

/** Mistakes an implementation could make. The simulator is worth something only if it finds each of them. */
enum Mutant {
    NONE,
    /** In {@link SimulatedLedger}. */
    REQUEST_ID_IGNORED,
    /** In {@link SimulatedLedger}. */
    LAST_DECISION_WINS,
    /** In {@link SimulatedLedger}. */
    ABORT_LEAVES_NO_TRACE,

    SOURCE_SENDS_GO_AFTER_ASKING_FOR_ABORT {
        @Override
        Function<SourceEvent, List<SourceAction>> source(Function<SourceEvent, List<SourceAction>> real) {
            boolean[] asked = {false};
            return event -> {
                List<SourceAction> actions = new ArrayList<>(real.apply(event));
                if (event instanceof SourceEvent.TargetReady && asked[0]) {
                    actions.add(new SourceAction.SendGo());
                }
                asked[0] |= actions.stream().anyMatch(Mutant::asksAbort);
                return actions;
            };
        }
    },
    SOURCE_RESUMES_WITHOUT_THE_LEDGER {
        @Override
        Function<SourceEvent, List<SourceAction>> source(Function<SourceEvent, List<SourceAction>> real) {
            boolean[] paused = {false};
            return event -> {
                List<SourceAction> actions = new ArrayList<>(real.apply(event));
                paused[0] |= actions.stream().anyMatch(SourceAction.Pause.class::isInstance);
                if (paused[0] && actions.stream().anyMatch(Mutant::asksAbort)) {
                    actions.add(new SourceAction.ResumeHere());
                }
                return actions;
            };
        }
    },
    SOURCE_DOES_NOT_WAIT_FOR_PREPARE {
        @Override
        Function<SourceEvent, List<SourceAction>> source(Function<SourceEvent, List<SourceAction>> real) {
            return event -> {
                List<SourceAction> actions = new ArrayList<>(real.apply(event));
                if (event instanceof SourceEvent.Converged) {
                    for (SourceAction action : List.copyOf(actions)) {
                        if (action instanceof SourceAction.Submit prepare) {
                            actions.remove(action);
                            actions.addAll(real.apply(new SourceEvent.LedgerAnswered(
                                    prepare.command().requestId(), new LedgerAnswer.Applied(null))));
                        }
                    }
                }
                return actions;
            };
        }
    },
    SOURCE_SENDS_THE_REST_WHILE_HELD {
        @Override
        Function<SourceEvent, List<SourceAction>> source(Function<SourceEvent, List<SourceAction>> real) {
            return event -> {
                List<SourceAction> actions = new ArrayList<>(real.apply(event));
                boolean sent = actions.stream().anyMatch(SourceAction.SendRest.class::isInstance);
                if (event instanceof SourceEvent.Paused && !actions.isEmpty() && !sent) {
                    actions.add(new SourceAction.SendRest());
                }
                return actions;
            };
        }
    },
    SOURCE_DOES_NOT_HOLD_ITS_TIMERS {
        @Override
        Function<SourceEvent, List<SourceAction>> source(Function<SourceEvent, List<SourceAction>> real) {
            boolean[] held = {false};
            return event -> {
                if (held[0] && event instanceof SourceEvent.TimerFired fired && fired.timer() == SourceTimer.READY) {
                    return real.apply(new SourceEvent.EngineFailed("not ready in time"));
                }
                List<SourceAction> actions = new ArrayList<>(real.apply(event));
                boolean sent = actions.stream().anyMatch(SourceAction.SendRest.class::isInstance);
                held[0] &= !sent;
                if (event instanceof SourceEvent.Paused && !actions.isEmpty() && !sent) {
                    held[0] = true;
                    actions.add(new SourceAction.ArmTimer(SourceTimer.READY, 10_000));
                }
                return actions;
            };
        }
    },
    SOURCE_ABORTS_AFTER_GO {
        @Override
        Function<SourceEvent, List<SourceAction>> source(Function<SourceEvent, List<SourceAction>> real) {
            return event -> {
                if (event instanceof SourceEvent.TimerFired fired && fired.timer() == SourceTimer.ACKNOWLEDGE) {
                    return real.apply(new SourceEvent.TargetFailed("no acknowledgement"));
                }
                return real.apply(event);
            };
        }
    },
    SOURCE_RELEASES_ON_GO {
        @Override
        Function<SourceEvent, List<SourceAction>> source(Function<SourceEvent, List<SourceAction>> real) {
            return event -> {
                List<SourceAction> actions = new ArrayList<>(real.apply(event));
                if (actions.stream().anyMatch(SourceAction.SendGo.class::isInstance)) {
                    actions.add(new SourceAction.Release());
                }
                return actions;
            };
        }
    },
    TARGET_RUNS_ON_READY {
        @Override
        Function<TargetEvent, List<TargetAction>> target(Function<TargetEvent, List<TargetAction>> real) {
            return event -> {
                List<TargetAction> actions = new ArrayList<>(real.apply(event));
                if (event instanceof TargetEvent.Restored
                        && actions.stream().anyMatch(TargetAction.SendReady.class::isInstance)) {
                    actions.add(new TargetAction.RunMachine());
                }
                return actions;
            };
        }
    },
    TARGET_OBEYS_GO_AFTER_ASKING_FOR_ABORT {
        @Override
        Function<TargetEvent, List<TargetAction>> target(Function<TargetEvent, List<TargetAction>> real) {
            boolean[] restoring = {false};
            return event -> {
                if (restoring[0] && event instanceof TargetEvent.SourceGone) {
                    return List.of(new TargetAction.Submit(World.targetsAbort()));
                }
                List<TargetAction> actions = real.apply(event);
                restoring[0] |= actions.stream().anyMatch(TargetAction.RestoreAndVerify.class::isInstance);
                restoring[0] &= !(event instanceof TargetEvent.Restored);
                return actions;
            };
        }
    },
    READY_TARGET_ABORTS_WHEN_THE_SOURCE_IS_GONE {
        @Override
        Function<TargetEvent, List<TargetAction>> target(Function<TargetEvent, List<TargetAction>> real) {
            boolean[] ready = {false};
            return event -> {
                List<TargetAction> actions = real.apply(
                        ready[0] && event instanceof TargetEvent.SourceGone gone
                                ? new TargetEvent.Dismissed(gone.reason())
                                : event);
                ready[0] |= actions.stream().anyMatch(TargetAction.SendReady.class::isInstance);
                return actions;
            };
        }
    },
    READY_TARGET_CAN_BE_CANCELLED {
        @Override
        Function<TargetEvent, List<TargetAction>> target(Function<TargetEvent, List<TargetAction>> real) {
            return event -> real.apply(
                    event instanceof TargetEvent.Cancel cancel ? new TargetEvent.Failed(cancel.reason()) : event);
        }
    },
    READY_TARGET_DISCARDS_WHEN_THE_SOURCE_IS_GONE {
        @Override
        Function<TargetEvent, List<TargetAction>> target(Function<TargetEvent, List<TargetAction>> real) {
            return event -> real.apply(
                    event instanceof TargetEvent.SourceGone gone ? new TargetEvent.Failed(gone.reason()) : event);
        }
    },
    TARGET_RUNS_WITHOUT_COMMIT_WHEN_THE_SOURCE_IS_GONE {
        @Override
        Function<TargetEvent, List<TargetAction>> target(Function<TargetEvent, List<TargetAction>> real) {
            boolean[] ready = {false};
            return event -> {
                boolean taken = ready[0] && event instanceof TargetEvent.SourceGone;
                List<TargetAction> actions = real.apply(taken ? new TargetEvent.Go() : event);
                ready[0] |= actions.stream().anyMatch(TargetAction.SendReady.class::isInstance);
                return actions;
            };
        }
    },
    TARGET_TAKES_ANY_ANSWER_FOR_A_COMMIT {
        @Override
        Function<TargetEvent, List<TargetAction>> target(Function<TargetEvent, List<TargetAction>> real) {
            return event -> {
                if (event instanceof TargetEvent.LedgerAnswered answered
                        && answered.requestId().endsWith("/commit")) {
                    return real.apply(
                            new TargetEvent.LedgerAnswered(answered.requestId(), new LedgerAnswer.Applied(null)));
                }
                return real.apply(event);
            };
        }
    };

    Function<SourceEvent, List<SourceAction>> source(Function<SourceEvent, List<SourceAction>> real) {
        return real;
    }

    Function<TargetEvent, List<TargetAction>> target(Function<TargetEvent, List<TargetAction>> real) {
        return real;
    }

    private static boolean asksAbort(SourceAction action) {
        return action instanceof SourceAction.Submit submit && submit.command() instanceof LedgerCommand.Abort;
    }
}
