package io.godwit.actors.ledger;

import static io.godwit.actors.ledger.TestVoters.applied;
import static io.godwit.actors.ledger.TestVoters.create;
import static io.godwit.actors.ledger.TestVoters.patiently;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.InvalidValueException;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletionException;
import org.apache.ratis.client.RaftClient;
import org.apache.ratis.protocol.Message;
import org.apache.ratis.protocol.exceptions.StateMachineException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class LedgerStorageTest {
    @TempDir
    Path directory;

    @Test
    void shouldFormatAgainAfterAFirstStartThatDiedInTheMiddle() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 1)) {
            Path group = RaftTuning.groupDir(voters.settings("host0"), Generation.FIRST)
                    .toPath();
            Files.createDirectories(group.resolve("current"));

            voters.start("host0");

            applied(voters.client(), create("vm", ""));
        }
    }

    @Test
    void shouldRefuseALogWithoutItsVotes() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 1).startAll()) {
            applied(voters.client(), create("vm", ""));
            voters.stopAll();
            Files.delete(RaftTuning.groupDir(voters.settings("host0"), Generation.FIRST)
                    .toPath()
                    .resolve("current/raft-meta"));

            assertThatThrownBy(() -> voters.start("host0"))
                    .hasMessageContaining("damaged")
                    .hasMessageContaining("host0");
        }
    }

    @Test
    void shouldNameAPortThatIsTaken() throws IOException {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
            LedgerSettings settings = new LedgerSettings(
                    "test",
                    List.of(new LedgerSettings.Voter("host0", "127.0.0.1", taken.getLocalPort())),
                    "host0",
                    directory,
                    TestVoters.TIMEOUTS);

            assertThatThrownBy(() -> LedgerServer.start(settings, PermitTimes.DEFAULT, TestVoters::nowMs))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining(String.valueOf(taken.getLocalPort()));
        }
    }

    @Test
    void shouldLeaveTheJvmsOwnHandlerOfUncaughtExceptionsInPlace() throws IOException {
        Thread.UncaughtExceptionHandler before = Thread.getDefaultUncaughtExceptionHandler();
        try (TestVoters voters = new TestVoters(directory, 1).startAll()) {
            applied(voters.client(), create("vm", ""));

            assertThat(Thread.getDefaultUncaughtExceptionHandler()).isSameAs(before);
        }
    }

    @Test
    void shouldKeepACommandOfAnotherVersionOutOfTheLog() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 1).startAll();
                RaftClient raw = RaftClient.newBuilder()
                        .setProperties(RaftTuning.client(TestVoters.TIMEOUTS.requestMs(), 10))
                        .setRaftGroup(voters.settings("host0")
                                .group(
                                        Generation.FIRST,
                                        voters.settings("host0").voters()))
                        .build()) {
            assertThatThrownBy(() -> raw.io().send(Message.valueOf("{\"v\":9,\"body\":{\"type\":\"x\"}}")))
                    .isInstanceOf(StateMachineException.class)
                    .hasMessageContaining("version 9");
            applied(voters.client(), create("vm", ""));
        }
    }

    @Test
    void shouldRefuseACommandTooLargeToSend() throws IOException {
        try (TestVoters voters = new TestVoters(directory, 1).startAll()) {
            RatisLedger ledger = voters.client();
            LedgerCommand command = new LedgerCommand.Abort("r", "0123456789abcdefghjkmnpqrs", "m".repeat(70_000));

            assertThatThrownBy(
                            () -> ledger.submit(command).toCompletableFuture().join())
                    .isInstanceOf(CompletionException.class)
                    .hasCauseInstanceOf(InvalidValueException.class);
            assertThat(patiently(ledger::list)).isEmpty();
        }
    }

    @Test
    void shouldRefuseReadsItDoesNotKnow() {
        assertThatThrownBy(() -> LedgerRead.of("lists"))
                .isInstanceOf(LedgerFormatException.class)
                .hasMessageContaining("\"lists\"");
    }

    @Test
    void shouldRefuseSettingsThatCannotWork() {
        LedgerSettings.Voter one = new LedgerSettings.Voter("a", "127.0.0.1", 1);
        LedgerSettings.Voter two = new LedgerSettings.Voter("b", "127.0.0.1", 2);

        assertThatThrownBy(() -> settings(List.of(one, two), null)).hasMessageContaining("1, 3 or 5");
        assertThatThrownBy(() -> settings(List.of(one, one, two), null)).hasMessageContaining("different id");
        assertThatThrownBy(() -> settings(List.of(one), "b")).hasMessageContaining("selfId");
        assertThatThrownBy(() -> new LedgerSettings.Voter("a", "127.0.0.1", 0)).hasMessageContaining("65535");
        assertThat(settings(List.of(one), null).groupId(Generation.FIRST))
                .isEqualTo(settings(List.of(one), "a").groupId(Generation.FIRST));
    }

    private LedgerSettings settings(List<LedgerSettings.Voter> voters, String selfId) {
        return new LedgerSettings("test", voters, selfId, directory, TestVoters.TIMEOUTS);
    }
}
