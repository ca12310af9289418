package io.godwit.benchmarks.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Against a monitor that says what the test has it say. */
@Timeout(30)
class QmpClientTest {
    private static final String GREETING =
            "{\"QMP\": {\"version\": {\"qemu\": {\"micro\": 22, \"minor\": 2, \"major\": 7}}}}\r\n";

    @TempDir
    private Path directory;

    /** Says the greeting, then for each request one of the answers, {@code %ID} being the request's id. */
    private CompletableFuture<Void> monitor(String greeting, List<String> answers) throws IOException {
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        server.bind(UnixDomainSocketAddress.of(socket()));
        return CompletableFuture.runAsync(() -> {
            try (server;
                    SocketChannel client = server.accept()) {
                client.write(ByteBuffer.wrap(greeting.getBytes(StandardCharsets.UTF_8)));
                ByteBuffer request = ByteBuffer.allocate(4096);
                for (int id = 1; id <= answers.size() && client.read(request.clear()) > 0; id++) {
                    String answer = answers.get(id - 1).replace("%ID", "" + id);
                    client.write(ByteBuffer.wrap(answer.getBytes(StandardCharsets.UTF_8)));
                }
            } catch (IOException gone) {
                throw new java.io.UncheckedIOException(gone);
            }
        });
    }

    private Path socket() {
        return directory.resolve("qmp");
    }

    @Test
    void shouldReturnTheAnswerToItsOwnCommandAmongEvents() throws Exception {
        monitor(
                GREETING,
                List.of(
                        "{\"return\": {}, \"id\": %ID}\r\n",
                        "{\"event\": \"STOP\"}\r\n{\"return\": \"late\", \"id\": 1}\r\n{\"return\": {\"status\": \"active\"}, \"id\": %ID}\r\n"));

        try (QmpClient client = QmpClient.connect(socket())) {
            assertThat(client.version()).isEqualTo("7.2.22");
            assertThat(client.execute("query-migrate", Map.of()).path("status").asText())
                    .isEqualTo("active");
        }
    }

    @Test
    void shouldNameTheCommandThatWasRefusedAndWhy() throws Exception {
        monitor(
                GREETING,
                List.of(
                        "{\"return\": {}, \"id\": %ID}\r\n",
                        "{\"error\": {\"class\": \"GenericError\", \"desc\": \"not now\"}, \"id\": %ID}\r\n"));

        try (QmpClient client = QmpClient.connect(socket())) {
            assertThatThrownBy(() -> client.execute("migrate", Map.of("uri", "tcp:x")))
                    .isInstanceOf(QmpException.class)
                    .hasMessageContaining("migrate")
                    .hasMessageContaining("not now");
        }
    }

    @Test
    void shouldRefuseWhatDoesNotGreet() throws Exception {
        monitor("{\"return\": {}}\r\n", List.of());

        assertThatThrownBy(() -> QmpClient.connect(socket()))
                .isInstanceOf(QmpException.class)
                .hasMessageContaining("greeting");
    }

    @Test
    void shouldSayThatTheMonitorHasGone() throws Exception {
        monitor(GREETING, List.of("{\"return\": {}, \"id\": %ID}\r\n"));

        try (QmpClient client = QmpClient.connect(socket())) {
            assertThatThrownBy(() -> client.execute("quit", Map.of())).isInstanceOf(IOException.class);
        }
    }
}
