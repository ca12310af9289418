package io.godwit.control.ganeti;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** The columns of one line. What is wrong with them is collected, with the line and the field; a harmless value stands in. */
final class Row {
    private static final String SPEED_ACCEPTED = "a number from 0.01 to 100";

    private final int line;
    private final String[] columns;
    private final List<String> problems;

    Row(int line, String text, List<String> problems) {
        this.line = line;
        this.columns = text.split("\\|", -1);
        this.problems = problems;
    }

    boolean hasColumns(String what, int least, int most) {
        if (columns.length >= least && columns.length <= most) {
            return true;
        }
        refuse(what, columns.length + " columns", least + " to " + most);
        return false;
    }

    String text(int column) {
        return column < columns.length ? columns[column] : "";
    }

    String name(int column, String field) {
        String name = text(column);
        if (name.isEmpty()
                || name.length() > 255
                || name.contains(",")
                || !name.strip().equals(name)) {
            refuse(field, name, "a name of 1 to 255 characters without commas");
            return "?";
        }
        return name;
    }

    long number(int column, String field, long least, long most) {
        String text = text(column);
        try {
            long number = Long.parseLong(text);
            if (number >= least && number <= most) {
                return number;
            }
        } catch (NumberFormatException notOne) {
            // refused below like one out of range
        }
        refuse(field, text, "a whole number from " + least + " to " + most);
        return least;
    }

    double speed(int column, String field) {
        String text = text(column);
        if (text.isEmpty()) {
            return 1;
        }
        try {
            double speed = Double.parseDouble(text);
            if (speed >= 0.01 && speed <= 100) {
                return speed;
            }
        } catch (NumberFormatException notOne) {
            // refused below like one out of range
        }
        refuse(field, text, SPEED_ACCEPTED);
        return 1;
    }

    String oneOf(int column, String field, Set<String> accepted) {
        String text = text(column);
        if (!accepted.contains(text)) {
            refuse(field, text, "one of " + new TreeSet<>(accepted));
        }
        return text;
    }

    List<String> tags(int column) {
        String text = text(column);
        return text.isEmpty() ? List.of() : List.of(text.split(","));
    }

    void refuse(String field, String value, String accepted) {
        problems.add("line " + line + ": " + field + ": \"" + value + "\" is not accepted; expected " + accepted);
    }
}
