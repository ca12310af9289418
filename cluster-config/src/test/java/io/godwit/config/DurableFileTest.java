package io.godwit.config;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DurableFileTest {
    @TempDir
    Path directory;

    @Test
    void shouldReplaceWhatIsThereAndLeaveNothingBeside() throws IOException {
        Path file = directory.resolve("file");
        DurableFile.write(file, "one, and longer".getBytes(UTF_8));
        DurableFile.write(file, "two".getBytes(UTF_8));

        assertThat(file).hasContent("two");
        assertThat(directory.toFile().list()).containsExactly("file");
    }

    @Test
    void shouldKeepWhatIsThereWhenTheNewCannotBeWritten() throws IOException {
        Path file = directory.resolve("file");
        DurableFile.write(file, "one".getBytes(UTF_8));
        Files.createDirectory(directory.resolve("file.new"));

        assertThatThrownBy(() -> DurableFile.write(file, "two".getBytes(UTF_8))).isInstanceOf(IOException.class);

        assertThat(file).hasContent("one");
    }
}
