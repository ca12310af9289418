package io.godwit.node.docs;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** The table of migration cases speaks of tests that are there. */
class MigrationCasesTest {
    private static final Path ROOT = Path.of("..");
    private static final Pattern TEST = Pattern.compile("`(\\w+)#(\\w+)`");

    @Test
    void shouldNameTestsThatExist() throws IOException {
        List<String> rows = rows();
        assertThat(rows).hasSizeGreaterThan(30);
        for (String row : rows) {
            String test = row.split("\\|")[3].strip();
            if (test.equals("none")) {
                continue;
            }
            Matcher named = TEST.matcher(test);
            assertThat(named.matches()).as("a test or \"none\" in: %s", row).isTrue();
            assertThat(methodsOf(named.group(1))).as(row).contains(named.group(2));
        }
    }

    private static List<String> rows() throws IOException {
        return Files.readAllLines(ROOT.resolve("docs/migration-cases.md")).stream()
                .filter(line -> line.startsWith("| ") && !line.startsWith("| case |"))
                .toList();
    }

    private static List<String> methodsOf(String type) throws IOException {
        try (Stream<Path> modules = Files.list(ROOT)) {
            List<Path> tests = modules.map(module -> module.resolve("src/test/java"))
                    .filter(Files::isDirectory)
                    .toList();
            for (Path directory : tests) {
                try (Stream<Path> files = Files.walk(directory)) {
                    Path found = files.filter(file -> file.endsWith(type + ".java"))
                            .findFirst()
                            .orElse(null);
                    if (found != null) {
                        return Pattern.compile("void (\\w+)\\(")
                                .matcher(Files.readString(found))
                                .results()
                                .map(result -> result.group(1))
                                .toList();
                    }
                }
            }
        }
        throw new AssertionError("there is no test " + type);
    }
}
