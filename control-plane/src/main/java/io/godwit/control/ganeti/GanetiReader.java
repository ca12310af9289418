package io.godwit.control.ganeti;

import io.godwit.control.ganeti.GanetiFile.Group;
import io.godwit.control.ganeti.GanetiFile.Instance;
import io.godwit.control.ganeti.GanetiFile.Node;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Function;

/** Reads the text format; columns that later versions of {@code htools} appended may be missing. */
public final class GanetiReader {
    private static final int SECTIONS = 5;
    private static final int MAX_LINES = 1_000_000;
    private static final long MAX_MIB = 1L << 30;
    private static final int MAX_CPUS = 4096;
    private static final Set<String> ALLOCATIONS = Set.of("preferred", "last_resort", "unallocable");
    private static final Set<String> ROLES = Set.of("Y", "N", "M");
    private static final Set<String> STATUSES = Set.of(
            "running",
            "ADMIN_down",
            "ADMIN_offline",
            "USER_down",
            "ERROR_up",
            "ERROR_down",
            "ERROR_nodedown",
            "ERROR_nodeoffline",
            "ERROR_wrongnode");
    private static final Set<String> TEMPLATES = Set.of(
            "plain", "drbd", "file", "sharedfile", "shared-file", "gluster", "blockdev", "rbd", "ext", "diskless");

    private final List<String> problems = new ArrayList<>();
    private final Set<String> names = new HashSet<>();
    private final Set<String> groups = new HashSet<>();
    private final Set<String> nodes = new HashSet<>();

    private GanetiReader() {}

    /**
     * @param file named in the error
     * @throws GanetiFormatException naming every broken line
     */
    public static GanetiFile read(String file, String text) {
        GanetiReader reader = new GanetiReader();
        GanetiFile read = reader.parse(text);
        if (!reader.problems.isEmpty()) {
            throw new GanetiFormatException(file, reader.problems);
        }
        return read;
    }

    private GanetiFile parse(String text) {
        List<List<String>> sections = new ArrayList<>(List.of(new ArrayList<>()));
        List<Integer> starts = new ArrayList<>(List.of(1));
        String[] lines = text.split("\r?\n", -1);
        int end = lines.length > 0 && lines[lines.length - 1].isEmpty() ? lines.length - 1 : lines.length;
        for (int i = 0; i < Math.min(end, MAX_LINES); i++) {
            if (lines[i].isEmpty() && sections.size() < SECTIONS) {
                sections.add(new ArrayList<>());
                starts.add(i + 2);
            } else if (!lines[i].isEmpty()) {
                sections.get(sections.size() - 1).add(lines[i]);
            }
        }
        if (sections.size() < SECTIONS - 1 || end > MAX_LINES) {
            problems.add("file: \"" + sections.size() + " sections in " + end
                    + " lines\" is not accepted; expected groups, nodes, instances, tags and policies, separated by empty"
                    + " lines, in at most " + MAX_LINES + " lines");
            return new GanetiFile(List.of(), List.of(), List.of(), List.of(), List.of());
        }
        return new GanetiFile(
                each(sections.get(0), starts.get(0), this::group),
                each(sections.get(1), starts.get(1), this::node),
                each(sections.get(2), starts.get(2), this::instance),
                sections.get(3),
                sections.size() == SECTIONS ? sections.get(SECTIONS - 1) : List.of());
    }

    private <T> List<T> each(List<String> lines, int firstLine, Function<Row, T> parse) {
        List<T> parsed = new ArrayList<>();
        for (int i = 0; i < lines.size(); i++) {
            int before = problems.size();
            T value = parse.apply(new Row(firstLine + i, lines.get(i), problems));
            if (problems.size() == before) {
                parsed.add(value);
            }
        }
        return parsed;
    }

    private Group group(Row row) {
        row.hasColumns("group", 4, 5);
        String uuid = row.name(1, "group.uuid");
        groups.add(uuid);
        return new Group(row.name(0, "group.name"), uuid, row.oneOf(2, "group.policy", ALLOCATIONS), row.text(3));
    }

    private Node node(Row row) {
        row.hasColumns("node", 9, 15);
        String name = once(row, row.name(0, "node.name"), "node.name");
        nodes.add(name);
        if (!groups.contains(row.text(8))) {
            row.refuse("node.group", row.text(8), "a group's UUID: " + groups);
        }
        boolean unknown = row.text(7).equals("Y")
                || List.of(row.text(1), row.text(3), row.text(6)).contains("?");
        if (unknown) {
            return new Node(name, 0, 0, 0, 0, 0, 1, "Y", row.text(8), 1);
        }
        long total = row.number(1, "node.t_mem", 0, MAX_MIB);
        long used = row.number(2, "node.n_mem", 0, total);
        long free = row.number(3, "node.f_mem", 0, total);
        long disk = row.number(4, "node.t_dsk", 0, Long.MAX_VALUE >> 20);
        return new Node(
                name,
                total,
                used,
                free,
                disk,
                row.number(5, "node.f_dsk", 0, Math.max(disk, 0)),
                (int) row.number(6, "node.pcpus", 1, MAX_CPUS),
                row.oneOf(7, "node.role", ROLES),
                row.text(8),
                row.speed(14, "node.cpu_speed"));
    }

    private Instance instance(Row row) {
        row.hasColumns("instance", 10, 13);
        String name = once(row, row.name(0, "instance.name"), "instance.name");
        String primary = node(row, 6, "instance.primary");
        String secondary = row.text(7).isEmpty() ? "" : node(row, 7, "instance.secondary");
        if (secondary.equals(primary)) {
            row.refuse("instance.secondary", secondary, "another node than the primary");
        }
        row.oneOf(5, "instance.auto_balance", Set.of("Y", "N"));
        return new Instance(
                name,
                row.number(1, "instance.memory", 1, MAX_MIB),
                row.number(2, "instance.disk", 0, Long.MAX_VALUE >> 20),
                (int) row.number(3, "instance.vcpus", 1, MAX_CPUS),
                row.oneOf(4, "instance.status", STATUSES),
                primary,
                secondary,
                row.oneOf(8, "instance.disk_template", TEMPLATES),
                row.tags(9));
    }

    private String node(Row row, int column, String field) {
        if (!nodes.contains(row.text(column))) {
            row.refuse(field, row.text(column), "a node of the file");
        }
        return row.text(column);
    }

    private String once(Row row, String name, String field) {
        if (!names.add(field + " " + name)) {
            row.refuse(field, name, "a name that is there once");
        }
        return name;
    }
}
