package io.godwit.node.api;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What it would mean to make the ledger anew of one voter's copy.
 *
 * @param generation the present one, by number
 * @param lastTerm of the copy's last entry
 * @param lastIndex of that entry; -1 for none
 * @param committed index of the last entry that the voter knew to be agreed on; -1 where it does not say
 * @param lastWritten ISO 8601; null where nothing is known
 * @param vms how many the copy has
 * @param touched VMs of the copy's last entries, the last one first
 * @param silent voters that do not answer
 * @param objections what stands against it if those are the lost ones; empty if nothing does
 * @param warnings what may be lost and what cannot be known, each a sentence or two
 */
public record LedgerRecoveryInfo(
        String from,
        int generation,
        long lastTerm,
        long lastIndex,
        long committed,
        @Nullable String lastWritten,
        int vms,
        List<String> touched,
        List<String> silent,
        List<String> objections,
        List<String> warnings) {
    public LedgerRecoveryInfo {
        touched = List.copyOf(touched);
        silent = List.copyOf(silent);
        objections = List.copyOf(objections);
        warnings = List.copyOf(warnings);
    }
}
