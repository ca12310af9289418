package io.godwit.benchmarks.report;

import java.util.ArrayList;
import java.util.List;

/** A table for a Markdown page. */
public final class MarkdownTable {
    private final List<String> header;
    private final List<List<String>> rows = new ArrayList<>();

    public MarkdownTable(String... header) {
        this.header = List.of(header);
    }

    /**
     * Adds a row.
     *
     * @throws IllegalArgumentException when it has another number of cells than the header
     */
    public MarkdownTable row(String... cells) {
        if (cells.length != header.size()) {
            throw new IllegalArgumentException(
                    "a row of " + cells.length + " cells in a table of " + header.size() + " columns");
        }
        rows.add(List.of(cells));
        return this;
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder(line(header))
                .append("|---".repeat(header.size()))
                .append("|\n");
        rows.forEach(row -> text.append(line(row)));
        return text.toString();
    }

    private static String line(List<String> cells) {
        StringBuilder line = new StringBuilder();
        for (String cell : cells) {
            line.append("| ")
                    .append(cell.replace("|", "\\|").replace('\n', ' '))
                    .append(' ');
        }
        return line.append("|\n").toString();
    }
}
