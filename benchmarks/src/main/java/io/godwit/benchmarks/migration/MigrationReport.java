package io.godwit.benchmarks.migration;

import io.godwit.benchmarks.machine.MachineFacts;
import io.godwit.benchmarks.migration.Sample.Kind;
import io.godwit.benchmarks.report.Bar;
import io.godwit.benchmarks.report.MarkdownTable;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * What one run found.
 *
 * @param conditions what was asked for, by option
 * @param warnings why its figures may not count
 * @param planned whether Godwit's migrations were planned before they began
 * @param threads whether people want to see CPU time by thread too
 */
record MigrationReport(
        MachineFacts machine,
        Map<String, String> conditions,
        List<String> warnings,
        List<Sample> samples,
        boolean planned,
        boolean threads) {
    private static final int THREADS_SHOWN = 12;

    List<Summary> summaries() {
        return Summary.of(samples);
    }

    List<Bar> bars() {
        return Bars.of(summaries(), planned);
    }

    Map<String, Object> asJson() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("machine", machine);
        json.put("conditions", conditions);
        json.put("warnings", warnings);
        json.put("bars", bars().stream().map(Bar::asJson).toList());
        json.put("medians", summaries());
        json.put("samples", samples);
        return json;
    }

    String asMarkdown() {
        StringBuilder text = new StringBuilder();
        text.append(machine.startedAt()).append(": ").append(machine.summary()).append(".\n");
        text.append("Conditions: ")
                .append(conditions.entrySet().stream()
                        .map(entry -> entry.getKey() + " " + entry.getValue())
                        .collect(Collectors.joining(", ")))
                .append(".\n");
        warnings.forEach(warning -> text.append("\n**").append(warning).append("**\n"));
        text.append('\n').append(medians()).append('\n').append(firsts());
        if (!bars().isEmpty()) {
            MarkdownTable table = new MarkdownTable("bar", "limit", "measured", "");
            bars().forEach(bar -> table.row(bar.what(), bar.limitText(), bar.measuredText(), bar.verdict()));
            text.append('\n').append(table);
        }
        if (threads) {
            text.append("\nCPU time of one migration by thread, on the average:\n\n")
                    .append(threadTable());
        }
        return text.toString();
    }

    private MarkdownTable threadTable() {
        MarkdownTable table = new MarkdownTable("load", "system", "threads");
        for (Summary one : summaries()) {
            table.row(
                    one.load().toString(),
                    one.subject(),
                    one.threadSeconds().entrySet().stream()
                            .limit(THREADS_SHOWN)
                            .map(entry -> text("%s %.2f s", entry.getKey(), entry.getValue()))
                            .collect(Collectors.joining(", ")));
        }
        return table;
    }

    private MarkdownTable medians() {
        MarkdownTable table = new MarkdownTable(
                "load",
                "system",
                "total",
                "its own clock",
                "blackout",
                "its own",
                "sent",
                "CPU",
                "of",
                "all: total / blackout, ms");
        for (Summary one : summaries()) {
            table.row(
                    one.load().toString(),
                    one.subject(),
                    text("%.0f ms", one.outsideMs()),
                    text("%.0f ms", one.ownMs()),
                    text("%.1f ms", one.blackoutMs()),
                    text("%.0f ms", one.ownDowntimeMs()),
                    text("%.0f MiB", one.transferredMiB()),
                    text("%.2f s", one.cpuSeconds()),
                    one.failed() == 0 ? "" + one.completed() : one.completed() + ", " + one.failed() + " failed",
                    all(one));
        }
        return table;
    }

    private static String all(Summary summary) {
        StringBuilder all = new StringBuilder();
        for (int i = 0; i < summary.allOutsideMs().size(); i++) {
            all.append(i == 0 ? "" : ", ")
                    .append(text(
                            "%.0f / %.1f",
                            summary.allOutsideMs().get(i),
                            summary.allBlackoutMs().get(i)));
        }
        return all.toString();
    }

    /** The first migrations of fresh processes, and every one that failed. */
    private String firsts() {
        return samples.stream()
                .filter(sample -> sample.kind() == Kind.FIRST || sample.figures() == null)
                .map(sample -> "- " + sample.summary().replaceAll(" +", " ") + "\n")
                .collect(Collectors.joining());
    }

    private static String text(String format, Object... values) {
        return String.format(Locale.ROOT, format, values);
    }
}
