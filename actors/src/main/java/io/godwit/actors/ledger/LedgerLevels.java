package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerLevel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.TreeMap;

/**
 * Of which level the ledger is, and which levels the builds of the hosts speak that keep or use it; see {@link LedgerLevel}.
 *
 * @param level the highest that a voter has; empty where none says
 * @param hosts by name: voters, members of the cluster and, where that was asked, those whose names the ledger has
 */
public record LedgerLevels(OptionalInt level, Map<String, Speaker> hosts) {
    public LedgerLevels {
        hosts = Map.copyOf(hosts);
    }

    /**
     * What is known of one host's build.
     *
     * @param speaks the highest level that it speaks; empty where the host is out of reach
     * @param detail why nothing more is known, or what it says of itself; else empty
     */
    public record Speaker(OptionalInt speaks, String detail) {
        /** One that answers other questions, and not this one: it is older than levels are. */
        public static final Speaker FIRST = new Speaker(
                OptionalInt.of(LedgerLevel.FIRST),
                "it does not say which levels it speaks, as a build of the first would");

        public static Speaker of(int speaks, String detail) {
            return new Speaker(OptionalInt.of(speaks), detail);
        }

        public static Speaker unknown(String detail) {
            return new Speaker(OptionalInt.empty(), detail);
        }

        /** Of two that answered the lower level counts, of one that did the other says nothing. */
        Speaker and(Speaker other) {
            if (speaks.isEmpty() || other.speaks.isEmpty()) {
                return speaks.isEmpty() ? other : this;
            }
            return other.speaks.getAsInt() < speaks.getAsInt() ? other : this;
        }
    }

    /** With what else is known of hosts. */
    public LedgerLevels with(Map<String, Speaker> more) {
        Map<String, Speaker> all = new TreeMap<>(hosts);
        more.forEach((host, speaker) -> all.merge(host, speaker, Speaker::and));
        return new LedgerLevels(level, all);
    }

    /** What stands against a ledger of that level, each naming a host and what it takes; empty if nothing does. */
    public List<String> objections(int target) {
        List<String> objections = new ArrayList<>();
        new TreeMap<>(hosts).forEach((host, speaker) -> {
            if (speaker.speaks().isEmpty()) {
                objections.add("host " + host + " cannot be asked which levels its build speaks (" + speaker.detail()
                        + "): bring it back with a build that speaks level " + target
                        + ", or, if it is gone for good, take it out (\"godwit host forget " + host
                        + "\", and \"godwit ledger replace\" where it votes)");
            } else if (speaker.speaks().getAsInt() < target) {
                objections.add("host " + host + "'s build speaks only up to level "
                        + speaker.speaks().getAsInt()
                        + (speaker.detail().isEmpty() ? "" : " (" + speaker.detail() + ")")
                        + ": start it with a build that speaks level " + target);
            }
        });
        return objections;
    }

    /** What is to be said of hosts that are too old for the ledger as it is, each a sentence; mostly nothing. */
    public List<String> notes() {
        List<String> notes = new ArrayList<>();
        new TreeMap<>(hosts).forEach((host, speaker) -> {
            if (level.isPresent()
                    && speaker.speaks().isPresent()
                    && speaker.speaks().getAsInt() < level.getAsInt()) {
                notes.add("Host " + host + "'s build speaks only up to level "
                        + speaker.speaks().getAsInt() + ", and the ledger is of level " + level.getAsInt()
                        + ": its voter, if it has one, does not serve. Start the host with a build that speaks level "
                        + level.getAsInt() + ".");
            }
        });
        return notes;
    }
}
