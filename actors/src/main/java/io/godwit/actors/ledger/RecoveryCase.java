package io.godwit.actors.ledger;

import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;

/**
 * The ledger as one of its voters sees it when it is to be made anew of that voter's copy: what stands against it, and what
 * it may cost. Decides nothing by itself: the operator says which voters are lost.
 *
 * @param from the voter whose copy is to count
 * @param voters who votes until then
 * @param quorum whether a leader answers that a majority stands by
 * @param copy how far the copy goes
 * @param committedIndex of the last entry that the voter knew to be on a majority's disks; -1 for none, or not known
 * @param writtenAt when its log was last written to
 * @param touched VMs of the last entries, the last one first
 * @param vms how many there are in it
 * @param others how far the copies of the other voters go; empty for one that does not answer
 * @param up hosts that the cluster's membership shows as up
 */
public record RecoveryCase(
        String from,
        VoterSet voters,
        boolean quorum,
        VoterCopy copy,
        long committedIndex,
        Optional<Instant> writtenAt,
        List<String> touched,
        int vms,
        Map<String, Optional<VoterCopy>> others,
        Set<String> up) {
    public RecoveryCase {
        touched = List.copyOf(touched);
        others = Map.copyOf(others);
        up = Set.copyOf(up);
    }

    /** Voters that do not answer. */
    public Set<String> silent() {
        Set<String> silent = new TreeSet<>();
        others.forEach((voter, answer) -> {
            if (answer.isEmpty()) {
                silent.add(voter);
            }
        });
        return silent;
    }

    /**
     * Why it is refused; empty where it may be done.
     *
     * @param lost the voters that the operator has seen to be off for good
     */
    public List<String> objections(Set<String> lost) {
        List<String> objections = new ArrayList<>();
        if (quorum) {
            objections.add("the ledger has a quorum: a voter that is gone is replaced, with \"godwit ledger replace\"");
        }
        for (String host : new TreeSet<>(lost)) {
            if (!others.containsKey(host)) {
                objections.add("lost: \"" + host + "\" is not accepted; expected voters other than " + from + ": "
                        + String.join(", ", new TreeSet<>(others.keySet())));
            } else if (others.get(host).isPresent()) {
                objections.add("host " + host + " is said to be lost, and its voter answers");
            } else if (up.contains(host)) {
                objections.add("host " + host + " is said to be lost, and is up in the cluster");
            }
        }
        others.forEach((host, answer) -> {
            if (answer.isEmpty() && !lost.contains(host)) {
                objections.add(
                        "host " + host + "'s voter does not answer and is not said to be lost: name it once you have"
                                + " seen that it is off for good, or bring it back");
            }
            answer.filter(other -> other.isPast(copy))
                    .ifPresent(other -> objections.add("host " + host + "'s copy goes on to entry " + other.index()
                            + " of term " + other.term() + ", host " + from + "'s ends at entry " + copy.index()
                            + " of term " + copy.term() + ": recover from " + host));
        });
        if (2 * (voters.voters().size() - lost.size()) > voters.voters().size()) {
            objections.add("without " + (lost.isEmpty() ? "any that is lost" : String.join(", ", new TreeSet<>(lost)))
                    + " a majority of the voters is left, which elects a leader by itself");
        }
        return objections;
    }

    /** What the operator has to know before, each a sentence or two. */
    public List<String> warnings() {
        Set<String> silent = silent();
        String lost = silent.isEmpty() ? "the other voters" : String.join(", ", silent);
        List<String> warnings = new ArrayList<>();
        warnings.add("Host " + from + "'s copy of the ledger becomes the ledger, of generation "
                + (voters.generation().number() + 1) + ", with " + from + " as its only voter. It ends at entry "
                + copy.index() + " of term " + copy.term()
                + writtenAt.map(at -> ", and was last written to at " + at).orElse("") + ". It knows " + vms + " VMs"
                + (touched.isEmpty()
                        ? "."
                        : "; those it touched last are, the last one first: " + String.join(", ", touched) + "."));
        warnings.add("Lost is what only " + lost + " had: whatever was created, deleted, started, stopped or moved and"
                + " answered without " + from + " hearing of it, after "
                + (committedIndex < 0
                        ? "what " + from + " knew to be agreed on (it does not say up to where)."
                        : "entry " + committedIndex + ", the last one that " + from
                                + " knew to be agreed on. What is behind"
                                + " that in its copy is taken over, agreed on or not."));
        warnings.add(
                "A VM may be shown where it no longer is, and one that was deleted may be back. Look at each before it is"
                        + " started; a VM that another host is still running is not to be started here.");
        warnings.add("Nobody can tell " + lost + " now. If they are not off but only cut off from " + from
                + ", they go on as"
                + " the old ledger: both then grant run permits, and a VM with shared disks may run twice and destroy them,"
                + " until the cut ends. Look at each of them, and turn it off, before you go on.");
        warnings.add("If they come back later, they take over the new generation as soon as they reach " + from
                + "; with " + from + " out of reach a majority of them would take up the old ledger again."
                + " Keep them off until they can.");
        warnings.add(
                "Run permits of the old ledger end by themselves within 5 s; the new one gives no VM away in its first"
                        + " 5.6 s.");
        return warnings;
    }
}
