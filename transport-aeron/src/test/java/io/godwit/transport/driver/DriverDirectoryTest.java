package io.godwit.transport.driver;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class DriverDirectoryTest {
    @TempDir
    Path parent;

    @Test
    void shouldRefuseADirectoryThatIsInUse() throws Exception {
        final Path path = parent.resolve("godwit-a");
        try (DriverDirectory held = DriverDirectory.claim(path)) {
            assertThatThrownBy(() -> DriverDirectory.claim(path))
                    .isInstanceOf(IllegalStateException.class)
                    .hasMessageContaining(path + " is in use by this process");
            assertThat(held.path()).isEqualTo(path);
        }
        DriverDirectory.claim(path).close();
        assertThat(path).doesNotExist();
    }

    @Test
    void shouldBeReadableByItsUserOnly() throws Exception {
        try (DriverDirectory held = DriverDirectory.claim(parent.resolve("godwit-a"))) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(held.path())))
                    .isEqualTo("rwx------");
        }
    }

    @Test
    void shouldDeleteWhatADeadProcessLeftHereAndBeside() throws Exception {
        final Path own = leftover("godwit-a");
        final Path beside = leftover("godwit-b");
        try (DriverDirectory held = DriverDirectory.claim(own)) {
            assertThat(own.resolve("driver-7")).doesNotExist();
            assertThat(beside).doesNotExist();
            assertThat(held.path().resolve(DirectoryLock.FILE_NAME)).exists();
        }
    }

    @Test
    void shouldLeaveAloneWhatIsAliveOrNotOurs() throws Exception {
        final Path unmarked =
                Files.createDirectories(parent.resolve("godwit-without-lock").resolve("x"));
        final Path foreign =
                Files.createDirectories(parent.resolve("aeron-root").resolve("x"));
        Files.createFile(parent.resolve("aeron-root").resolve(DirectoryLock.FILE_NAME));
        try (DriverDirectory living = DriverDirectory.claim(parent.resolve("godwit-living"));
                DriverDirectory held = DriverDirectory.claim(parent.resolve("godwit-a"))) {
            assertThat(unmarked).exists();
            assertThat(foreign).exists();
            assertThat(living.path()).exists();
            assertThat(held.path()).exists();
        }
    }

    @Test
    void shouldComeBackWhenSomebodyRemovedIt() throws Exception {
        try (DriverDirectory held = DriverDirectory.claim(parent.resolve("godwit-a"))) {
            FileTree.delete(held.path());
            held.ensureExists();
            assertThat(held.path().resolve(DirectoryLock.FILE_NAME)).exists();
        }
    }

    @Test
    void shouldNameAParentThatIsMissing() {
        final Path orphan = parent.resolve("missing").resolve("godwit-a");
        assertThatThrownBy(() -> DriverDirectory.claim(orphan)).hasMessageContaining(orphan.toString());
    }

    private Path leftover(final String name) throws Exception {
        final Path path = Files.createDirectories(parent.resolve(name));
        Files.createFile(path.resolve(DirectoryLock.FILE_NAME));
        Files.writeString(Files.createDirectories(path.resolve("driver-7")).resolve("cnc.dat"), "old");
        return path;
    }
}
