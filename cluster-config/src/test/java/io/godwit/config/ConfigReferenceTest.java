package io.godwit.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code -Dgodwit.write-reference=true} writes the files instead of comparing them. */
class ConfigReferenceTest {
    private static final Path ROOT = Path.of("..").toAbsolutePath().normalize();
    private static final Path SAMPLE = ROOT.resolve("godwit.conf");
    private static final Path DOCUMENT = ROOT.resolve("docs/configuration.md");
    private static final String BEGIN = "<!-- keys: made from ConfigKeys, checked by ConfigReferenceTest -->\n";
    private static final String END = "<!-- end of keys -->\n";

    @TempDir
    Path directory;

    @Test
    void shouldKeepTheSampleFileInStep() throws IOException {
        if (Boolean.getBoolean("godwit.write-reference")) {
            Files.writeString(SAMPLE, ConfigReference.sampleFile());
        }
        assertThat(SAMPLE).hasContent(ConfigReference.sampleFile());
    }

    @Test
    void shouldKeepTheDocumentedKeysInStep() throws IOException {
        String document = Files.readString(DOCUMENT);
        String before = document.substring(0, document.indexOf(BEGIN) + BEGIN.length());
        String after = document.substring(document.indexOf(END));
        String expected = before + ConfigReference.table() + after;
        if (Boolean.getBoolean("godwit.write-reference")) {
            Files.writeString(DOCUMENT, expected);
        }
        assertThat(DOCUMENT).hasContent(expected);
    }

    @Test
    void shouldReadTheSampleFileToTheDefaults() throws IOException {
        Path minimal = Files.writeString(directory.resolve("minimal.conf"), "host.name = alpha");

        assertThat(NodeConfigReader.read(SAMPLE)).isEqualTo(NodeConfigReader.read(minimal));
    }

    @Test
    void shouldReadTheSampleFileToTheDefaultsWithEveryKeySet() throws IOException {
        String all = Pattern.compile("^# (?=[a-z]+\\.[a-z-]+ = )", Pattern.MULTILINE)
                .matcher(ConfigReference.sampleFile())
                .replaceAll("");
        Path every = Files.writeString(directory.resolve("every.conf"), all);

        assertThat(all.lines().filter(line -> !line.isEmpty() && !line.startsWith("#")))
                .hasSize(ConfigKeys.ALL.size());
        assertThat(NodeConfigReader.read(every)).isEqualTo(NodeConfigReader.read(SAMPLE));
    }

    static Stream<String> documentedFiles() throws IOException {
        return Pattern.compile("```hocon\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(DOCUMENT))
                .results()
                .map(match -> match.group(1));
    }

    @ParameterizedTest
    @MethodSource("documentedFiles")
    void shouldReadEveryDocumentedFile(String text) throws IOException {
        NodeConfig config = NodeConfigReader.read(Files.writeString(directory.resolve("documented.conf"), text));

        assertThat(config.host().name()).isNotEmpty();
    }
}
