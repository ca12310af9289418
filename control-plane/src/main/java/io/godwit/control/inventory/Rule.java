package io.godwit.control.inventory;

import io.godwit.config.InvalidValueException;
import java.util.Locale;
import java.util.SortedSet;
import java.util.TreeSet;

/**
 * Who is to live with whom, or where.
 *
 * @param strict whether it is never broken; else it is kept where that costs little
 * @param vms two or more where they are to be together or apart, else one or more
 * @param hosts one or more for {@link Kind#ON} and {@link Kind#NOT_ON}, else none
 */
public record Rule(String name, Kind kind, boolean strict, SortedSet<String> vms, SortedSet<String> hosts) {
    public enum Kind {
        /** All on one host. */
        TOGETHER,
        /** No two on one host. */
        APART,
        /** Only on these hosts. */
        ON,
        /** On none of these hosts. */
        NOT_ON;

        public String label() {
            return name().toLowerCase(Locale.ROOT).replace('_', '-');
        }

        public boolean ofHosts() {
            return this == ON || this == NOT_ON;
        }
    }

    public Rule {
        Names.check("rule", name);
        vms = new TreeSet<>(vms);
        hosts = new TreeSet<>(hosts);
        int least = kind.ofHosts() ? 1 : 2;
        if (vms.size() < least) {
            throw new InvalidValueException(name + ".vms", vms, least + " or more");
        }
        if (kind.ofHosts() == hosts.isEmpty()) {
            throw new InvalidValueException(
                    name + ".hosts", hosts, kind.ofHosts() ? "one or more" : "none for " + kind.label());
        }
    }

    /** Of {@link Kind#ON} and {@link Kind#NOT_ON}: whether a VM of it may be there. */
    public boolean allows(String host) {
        return !kind.ofHosts() || (kind == Kind.ON) == hosts.contains(host);
    }
}
