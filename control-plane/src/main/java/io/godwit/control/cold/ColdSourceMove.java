package io.godwit.control.cold;

import java.util.List;

/**
 * The source's side of a cold migration: what it does about what happens, and nothing else. Not thread-safe. Events that
 * come twice, late or not at all are expected; each gives the actions to carry out, in order.
 */
public final class ColdSourceMove {
    /** Where it stands. */
    public enum Phase {
        /** The target is asked. */
        ADMITTING,
        /** The disks are on their way, or the target compares and stores them. */
        COPYING,
        /** The target has them: the ledger is asked for the move. */
        DECIDING,
        /** The VM is the target's: what is left here goes. */
        CLEARING,
        OVER
    }

    /** What is to be done. */
    public sealed interface Action {
        /** Send the disks to where the target said. */
        enum Send implements Action {
            INSTANCE
        }

        /** Note beside the disks that they are leaving, so that the next life of this host asks about them. */
        enum Mark implements Action {
            INSTANCE
        }

        /** Ask the ledger for {@code Prepare}: the same request each time. */
        enum Prepare implements Action {
            INSTANCE
        }

        /** Ask the ledger for {@code Commit}: the same request each time. */
        enum Commit implements Action {
            INSTANCE
        }

        /** Tell the target that the VM is its own. */
        enum HandOver implements Action {
            INSTANCE
        }

        /** Tell the target that this side will never ask for {@code Commit}. */
        enum Dismiss implements Action {
            INSTANCE
        }

        /** The disks stay: take the notes away. */
        enum Unmark implements Action {
            INSTANCE
        }

        /** Delete the disks here, and the notes after them. */
        enum Clear implements Action {
            INSTANCE
        }

        /** @param status {@code completed}, {@code failed} or {@code cancelled} */
        record End(String status, String reason) implements Action {}
    }

    private Phase phase = Phase.ADMITTING;
    private boolean marked;

    public Phase phase() {
        return phase;
    }

    public List<Action> admitted() {
        if (phase != Phase.ADMITTING) {
            return List.of();
        }
        phase = Phase.COPYING;
        return List.of(Action.Send.INSTANCE);
    }

    /** The target refuses, or cannot go on. */
    public List<Action> refused(String reason) {
        return isOpen() ? stay("failed", reason) : List.of();
    }

    /** This side cannot go on. */
    public List<Action> failed(String reason) {
        return refused(reason);
    }

    /** The target is gone, with whatever it had not said. Once the ledger is asked, that decides all the same. */
    public List<Action> targetGone(String reason) {
        return refused(reason);
    }

    /** @return empty if it is too late: the ledger is asked already, or it is over */
    public List<Action> cancel() {
        return isOpen() ? stay("cancelled", "cancelled by an operator") : List.of();
    }

    private boolean isOpen() {
        return phase == Phase.ADMITTING || phase == Phase.COPYING;
    }

    /** The target has all of it, compared and on disk. */
    public List<Action> staged() {
        if (phase != Phase.COPYING) {
            return List.of();
        }
        phase = Phase.DECIDING;
        return List.of(Action.Mark.INSTANCE);
    }

    /** The notes are on disk. */
    public List<Action> marked() {
        if (phase != Phase.DECIDING || marked) {
            return List.of();
        }
        marked = true;
        return List.of(Action.Prepare.INSTANCE);
    }

    /** The notes could not be written: nothing was asked of the ledger yet. */
    public List<Action> notMarked(String reason) {
        return phase == Phase.DECIDING && !marked ? stay("failed", reason) : List.of();
    }

    /** @param reason of a refusal */
    public List<Action> prepareAnswered(ColdOutcome outcome, String reason) {
        if (phase != Phase.DECIDING) {
            return List.of();
        }
        return switch (outcome) {
            case PREPARED -> List.of(Action.Commit.INSTANCE);
            case UNKNOWN -> List.of(Action.Prepare.INSTANCE);
            case COMMITTED -> gone();
            case ABORTED -> stay("failed", "the target gave the move up");
            case REFUSED -> stay("failed", "the ledger refused it: " + reason);
        };
    }

    /** @param reason of a refusal */
    public List<Action> commitAnswered(ColdOutcome outcome, String reason) {
        if (phase != Phase.DECIDING) {
            return List.of();
        }
        return switch (outcome) {
            case COMMITTED -> gone();
            case UNKNOWN, PREPARED -> List.of(Action.Commit.INSTANCE);
            case ABORTED -> stay("failed", "the target gave the move up");
            case REFUSED -> stay("failed", "the ledger refused it: " + reason);
        };
    }

    private List<Action> gone() {
        phase = Phase.CLEARING;
        return List.of(Action.HandOver.INSTANCE, Action.Clear.INSTANCE);
    }

    /** @param leftBehind what could not be deleted; empty if nothing is left */
    public List<Action> cleared(String leftBehind) {
        if (phase != Phase.CLEARING) {
            return List.of();
        }
        phase = Phase.OVER;
        return List.of(new Action.End("completed", leftBehind));
    }

    private List<Action> stay(String status, String reason) {
        phase = Phase.OVER;
        return List.of(Action.Dismiss.INSTANCE, Action.Unmark.INSTANCE, new Action.End(status, reason));
    }
}
