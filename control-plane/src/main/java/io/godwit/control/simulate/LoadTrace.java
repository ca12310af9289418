package io.godwit.control.simulate;

import io.godwit.config.InvalidValueException;
import io.godwit.config.Units;
import io.godwit.control.inventory.Load;
import io.godwit.control.inventory.Vm;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;

/**
 * What VMs use, by time: lines of {@code TIME VM CORES RATE}, such as {@code 10m web1 2.5 40MiB/s}; {@code #} begins a
 * comment. A VM keeps its last sample. A line that cannot be read is left out and told; a VM whose last sample is older
 * than the gap allowed counts with it, but is not moved.
 *
 * @param problems of lines left out, each with line, field, value and what is accepted
 */
public record LoadTrace(Map<String, NavigableMap<Long, Load>> samples, List<String> problems) {
    public static final LoadTrace NONE = new LoadTrace(Map.of(), List.of());

    private static final int COLUMNS = 4;

    public static LoadTrace parse(String text, Set<String> vms) {
        Map<String, NavigableMap<Long, Load>> samples = new HashMap<>();
        List<String> problems = new ArrayList<>();
        int line = 0;
        for (String each : text.split("\r?\n", -1)) {
            line++;
            String bare = each.replaceFirst("#.*", "").strip();
            if (!bare.isEmpty()) {
                try {
                    read(bare.split("\\s+"), vms, samples);
                } catch (IllegalArgumentException refused) {
                    problems.add("trace line " + line + " is left out: " + refused.getMessage());
                }
            }
        }
        return new LoadTrace(samples, List.copyOf(problems));
    }

    private static void read(String[] columns, Set<String> vms, Map<String, NavigableMap<Long, Load>> samples) {
        if (columns.length != COLUMNS) {
            throw new InvalidValueException(
                    "line", String.join(" ", columns), "TIME VM CORES RATE, such as 10m web1 2.5 40MiB/s");
        }
        long atMs = Units.parseDurationMs("time", columns[0]);
        if (!vms.contains(columns[1])) {
            throw new InvalidValueException("vm", columns[1], "a VM of the inventory");
        }
        double cores;
        try {
            cores = Double.parseDouble(columns[2]);
        } catch (NumberFormatException notOne) {
            throw new InvalidValueException("cpu", columns[2], "a number of cores");
        }
        Load load = new Load(cores, Units.parseRate("dirty", columns[3]), true);
        samples.computeIfAbsent(columns[1], any -> new TreeMap<>()).put(atMs, load);
    }

    /** What a VM uses at a time; what its definition says before its first sample. */
    public Load at(Vm vm, long nowMs, long gapMs) {
        NavigableMap<Long, Load> own = samples.get(vm.name());
        Map.Entry<Long, Load> last = own == null ? null : own.floorEntry(nowMs);
        if (last == null) {
            return vm.load();
        }
        return nowMs - last.getKey() > gapMs ? last.getValue().outdated() : last.getValue();
    }
}
