package io.godwit.control.cold;

import java.util.List;

/**
 * The target's side of a cold migration: what it does about what happens, and nothing else. Not thread-safe. Events that
 * come twice, late or not at all are expected; each gives the actions to carry out, in order.
 */
public final class ColdTargetMove {
    /** Where it stands. */
    public enum Phase {
        /** The disks arrive in files that nobody sees, and that do not outlast this life of the host. */
        RECEIVING,
        /** All has arrived: it is compared with the source's checksums and put on disk. */
        STAGING,
        /** It is on disk and does outlast this life; the source decides. */
        STAGED,
        /** The source is gone: the ledger is asked to give the move up, or to say how it was decided. */
        ASKING,
        /** The VM is this host's: the files get their names. */
        PUBLISHING,
        OVER
    }

    /** What is to be done. */
    public sealed interface Action {
        /** Compare, and put on disk under names of the move's. */
        enum Stage implements Action {
            INSTANCE
        }

        /** Tell the source that all is on disk. */
        enum TellStaged implements Action {
            INSTANCE
        }

        /** Tell the source that it cannot be. */
        record TellFailed(String reason) implements Action {}

        /** Ask the ledger for {@code Abort}: the same request each time. */
        enum Abort implements Action {
            INSTANCE
        }

        /** Give the files their names. */
        enum Publish implements Action {
            INSTANCE
        }

        /** Remove what arrived. */
        enum Discard implements Action {
            INSTANCE
        }

        /**
         * @param arrived whether the VM is here
         * @param reason why not, or what is left to be done
         */
        record End(boolean arrived, String reason) implements Action {}
    }

    private Phase phase = Phase.RECEIVING;
    private String abandoned = "";

    public Phase phase() {
        return phase;
    }

    /** Everything has arrived, the source's checksums too. */
    public List<Action> received() {
        if (phase != Phase.RECEIVING) {
            return List.of();
        }
        phase = Phase.STAGING;
        return List.of(Action.Stage.INSTANCE);
    }

    public List<Action> receiveFailed(String reason) {
        return phase == Phase.RECEIVING ? giveUp(reason) : List.of();
    }

    public List<Action> staged() {
        if (phase != Phase.STAGING) {
            return List.of();
        } else if (!abandoned.isEmpty()) {
            return discard(abandoned);
        }
        phase = Phase.STAGED;
        return List.of(Action.TellStaged.INSTANCE);
    }

    public List<Action> stageFailed(String reason) {
        return phase == Phase.STAGING ? giveUp(reason) : List.of();
    }

    private List<Action> giveUp(String reason) {
        phase = Phase.OVER;
        return List.of(Action.Discard.INSTANCE, new Action.TellFailed(reason), new Action.End(false, reason));
    }

    /** Some time has passed: what was said may have been lost. */
    public List<Action> patienceEnded() {
        return phase == Phase.STAGED ? List.of(Action.TellStaged.INSTANCE) : List.of();
    }

    /** The source says that the ledger has given the VM to this host. */
    public List<Action> handedOver() {
        return phase == Phase.STAGED || phase == Phase.ASKING ? publish() : List.of();
    }

    /** The source says that it will never ask the ledger for {@code Commit}. */
    public List<Action> dismissed(String reason) {
        return switch (phase) {
            case RECEIVING, STAGED, ASKING -> discard(reason);
            case STAGING -> abandon(reason);
            default -> List.of();
        };
    }

    /** The source has ended without a word, or its host is gone. */
    public List<Action> sourceGone() {
        String reason = "the source is gone";
        return switch (phase) {
            case RECEIVING -> discard(reason);
            case STAGING -> abandon(reason);
            case STAGED -> {
                phase = Phase.ASKING;
                yield List.of(Action.Abort.INSTANCE);
            }
            default -> List.of();
        };
    }

    /** Nobody was told that it is staged, so nobody has asked the ledger; but files are being written yet. */
    private List<Action> abandon(String reason) {
        abandoned = reason;
        return List.of();
    }

    /** @param outcome of the {@code Abort} */
    public List<Action> abortAnswered(ColdOutcome outcome, String reason) {
        if (phase != Phase.ASKING) {
            return List.of();
        }
        return switch (outcome) {
            case COMMITTED -> publish();
            case ABORTED -> discard("the source is gone, and the move was given up");
            case UNKNOWN, PREPARED -> List.of(Action.Abort.INSTANCE);
            case REFUSED -> {
                phase = Phase.OVER;
                yield List.of(new Action.End(false, "the ledger does not say whose the VM is: " + reason));
            }
        };
    }

    private List<Action> publish() {
        phase = Phase.PUBLISHING;
        return List.of(Action.Publish.INSTANCE);
    }

    private List<Action> discard(String reason) {
        phase = Phase.OVER;
        return List.of(Action.Discard.INSTANCE, new Action.End(false, reason));
    }

    /** @param leftToDo why a file has not its name yet: it gets it later; empty if all have */
    public List<Action> published(String leftToDo) {
        if (phase != Phase.PUBLISHING) {
            return List.of();
        }
        phase = Phase.OVER;
        return List.of(new Action.End(true, leftToDo));
    }
}
