package io.godwit.actors.voters;

import io.godwit.actors.ledger.LedgerStatus;
import io.godwit.actors.ledger.RecoveryCase;
import io.godwit.config.HostPort;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletionStage;

/**
 * What operators see of the ledger and may do about it, on any host. No call blocks; stages fail with
 * {@link io.godwit.actors.vm.ProblemException}.
 */
public interface LedgerOperations {
    /** With or without a leader, within 3 s; does not fail. */
    CompletionStage<LedgerStatus> status();

    /**
     * Puts one voter in the place of another, which may be gone. Ends with the ledger as it is then.
     *
     * @param out a voter
     * @param in a host of the cluster that is up and is none
     * @param address where it is to serve; empty for its cluster address and the old voter's port
     */
    CompletionStage<LedgerStatus> replace(String out, String in, Optional<HostPort> address);

    /**
     * One voter more: after {@link #recover} the ledger has but one.
     *
     * @param in a host of the cluster that is up and is no voter
     * @param address as in {@link #replace}; empty for its cluster address and a voter's port
     */
    CompletionStage<LedgerStatus> add(String in, Optional<HostPort> address);

    /** What it would mean to make the ledger anew of one voter's copy. Changes nothing. Only on that host. */
    CompletionStage<RecoveryCase> recovery(String from);

    /**
     * Makes the ledger anew of one voter's copy, with that voter alone, where a majority of the voters is lost for good: a
     * new {@link io.godwit.actors.ledger.Generation}. Refused while a lost one answers, or there is a quorum. Only on that
     * host. Ends with the ledger as it is then.
     *
     * @param lost voters that the operator has seen to be off for good
     * @param generation the present one
     */
    CompletionStage<LedgerStatus> recover(String from, Set<String> lost, int generation);

    /**
     * Raises the ledger to the level that this host's build speaks, see {@link io.godwit.control.ledger.LedgerLevel}. Refused
     * while a voter, a member of the cluster or a host whose name the ledger has speaks less or cannot be asked. Ends with
     * the ledger as it is then.
     */
    CompletionStage<LedgerStatus> upgrade();

    /** All of the ledger, as it is at one entry that is no earlier than this call. */
    CompletionStage<LedgerFile> backup();

    /**
     * Puts a backup in the place of an empty ledger: one with no VM, whose only voter and only host is this one. A new
     * {@link io.godwit.actors.ledger.Generation}. Ends with the ledger as it is then.
     *
     * @param file as {@link #backup} gave it
     */
    CompletionStage<LedgerStatus> restore(byte[] file);
}
