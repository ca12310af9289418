package io.godwit.node;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StateDirTest {
    @TempDir
    Path directory;

    @Test
    void shouldMakeWhatIsMissing() {
        try (StateDir state = StateDir.open(directory.resolve("a/b"), "alpha")) {
            assertThat(state.resolve("ledger")).isEqualTo(directory.resolve("a/b/ledger"));
            assertThat(directory.resolve("a/b/host")).hasContent("alpha\n");
        }
    }

    @Test
    void shouldRefuseASecondNodeByTheNameOfItsHostAndProcess() {
        try (StateDir first = StateDir.open(directory, "alpha")) {
            assertThatThrownBy(() -> StateDir.open(directory, "alpha"))
                    .isInstanceOf(NodeStartException.class)
                    .hasMessage("host alpha is already running: process "
                            + ProcessHandle.current().pid() + " holds " + first.resolve("lock"));
        }
    }

    @Test
    void shouldBeFreeAgainAfterwards() {
        StateDir.open(directory, "alpha").close();

        StateDir.open(directory, "alpha").close();
    }

    @Test
    void shouldRefuseTheStateOfAnotherHostAndLetItGo() {
        StateDir.open(directory, "alpha").close();

        for (int attempt = 0; attempt < 2; attempt++) {
            assertThatThrownBy(() -> StateDir.open(directory, "beta"))
                    .isInstanceOf(NodeStartException.class)
                    .hasMessageContaining("is the state of host alpha");
        }
    }

    @Test
    void shouldKeepItsId() {
        UUID id;
        try (StateDir first = StateDir.open(directory, "alpha")) {
            id = first.id();
            assertThat(first.id()).isEqualTo(id);
        }
        try (StateDir again = StateDir.open(directory, "alpha")) {
            assertThat(again.id()).isEqualTo(id);
        }
    }

    @Test
    void shouldRefuseAnIdThatIsNone() throws IOException {
        Files.writeString(directory.resolve("id"), "half an i");
        try (StateDir state = StateDir.open(directory, "alpha")) {
            assertThatThrownBy(state::id)
                    .isInstanceOf(NodeStartException.class)
                    .hasMessageContaining(directory.resolve("id") + " cannot be used")
                    .hasMessageContaining("expected the UUID");
        }
    }

    @Test
    void shouldRefuseAFullFileSystemAndLetTheDirectoryGo() {
        assertThatThrownBy(() -> StateDir.open(directory, "alpha", Long.MAX_VALUE))
                .isInstanceOf(NodeStartException.class)
                .hasMessageContaining("host.state-dir " + directory + " is on a file system with")
                .hasMessageContaining("expected at least");
        StateDir.open(directory, "alpha").close();
    }

    @Test
    void shouldSayThatADirectoryCannotBeUsed() throws IOException {
        Path file = Files.writeString(directory.resolve("file"), "");

        assertThatThrownBy(() -> StateDir.open(file.resolve("x"), "alpha"))
                .isInstanceOf(NodeStartException.class)
                .hasMessageContaining("host.state-dir " + file.resolve("x") + " cannot be used");
    }
}
