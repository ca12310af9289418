package io.godwit.actors.ledger;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VoterBookTest {
    private static final LedgerSettings.Voter ALPHA = new LedgerSettings.Voter("alpha", "10.0.0.1", 7_402);
    private static final LedgerSettings.Voter BETA = new LedgerSettings.Voter("beta", "fd00::2", 7_402);

    @TempDir
    Path directory;

    @Test
    void shouldGoByTheConfigurationUntilItLearnsMore() throws IOException {
        try (VoterBook book = open()) {
            assertThat(book.current()).isEqualTo(new VoterSet(VoterSet.BOOTSTRAP, List.of(ALPHA)));

            book.learn(new VoterSet(7, List.of(BETA))).join();
        }
        try (VoterBook again = open()) {
            assertThat(again.current()).isEqualTo(new VoterSet(7, List.of(BETA)));
        }
    }

    @Test
    void shouldTellOfOtherVotersOnlyAndForgetNoneForEarlierOnes() throws IOException {
        List<VoterSet> told = new CopyOnWriteArrayList<>();
        try (VoterBook book = open()) {
            book.onChange(told::add);

            book.learn(new VoterSet(3, List.of(ALPHA))).join();
            book.learn(new VoterSet(9, List.of(BETA))).join();
            book.learn(new VoterSet(8, List.of(ALPHA))).join();

            assertThat(told).containsExactly(new VoterSet(9, List.of(BETA)));
            assertThat(book.current().index()).isEqualTo(9);
        }
    }

    @Test
    void shouldKeepItsBytes() throws IOException {
        VoterFile.write(directory.resolve("voters"), new VoterSet(9, List.of(ALPHA, BETA)));

        assertThat(directory.resolve("voters"))
                .hasContent("godwit-voters 1\nindex 9\nvoter 10.0.0.1:7402 alpha\nvoter fd00::2:7402 beta\nend\n");
    }

    @Test
    void shouldKeepALaterGenerationWhateverItsIndex() throws IOException {
        Generation next = new Generation(1, "0123456789abcdef");
        try (VoterBook book = open()) {
            book.learn(new VoterSet(4_711, List.of(ALPHA, BETA))).join();

            book.begin(new VoterSet(next, VoterSet.BOOTSTRAP, List.of(BETA)));
            book.learn(new VoterSet(4_712, List.of(ALPHA))).join();

            assertThat(book.current().generation()).isEqualTo(next);
        }
        assertThat(directory.resolve("voters"))
                .hasContent("godwit-voters 2\nindex -1\ngeneration 1 0123456789abcdef\nvoter fd00::2:7402 beta\nend\n");
        try (VoterBook again = open()) {
            assertThat(again.current()).isEqualTo(new VoterSet(next, VoterSet.BOOTSTRAP, List.of(BETA)));
            assertThatThrownBy(() -> again.begin(new VoterSet(4_713, List.of(ALPHA))))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("generation 1");
        }
    }

    @Test
    void shouldKeepToItsOwnOfTwoGenerationsOfOneNumber() throws IOException {
        VoterSet mine = new VoterSet(new Generation(1, "0123456789abcdef"), 5, List.of(ALPHA));
        VoterSet other = new VoterSet(new Generation(1, "fedcba9876543210"), 9, List.of(BETA));
        try (VoterBook book = open()) {
            book.learn(mine).join();

            book.learn(other).join();

            assertThat(book.current()).isEqualTo(mine);
            assertThat(book.contradiction()).contains(other);
            book.begin(new VoterSet(new Generation(2, "00000000000000aa"), VoterSet.BOOTSTRAP, List.of(ALPHA)));
            assertThat(book.contradiction()).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "godwit-voters 2\nindex 9\nvoter 10.0.0.1:7402 alpha\nend\n",
                "godwit-voters 2\nindex 9\ngeneration 1 12\nvoter 10.0.0.1:7402 alpha\nend\n",
                "godwit-voters 2\nindex 9\ngeneration 1\nvoter 10.0.0.1:7402 alpha\nend\n",
                "godwit-voters 1\nindex 9\ngeneration 1 0123456789abcdef\nvoter 10.0.0.1:7402 alpha\nend\n",
                "godwit-voters 3\nindex 9\nvoter 10.0.0.1:7402 alpha\nend\n",
                "godwit-voters 1\nindex 9\nvoter 10.0.0.1:7402 alpha\n",
                "godwit-voters 1\nindex nine\nvoter 10.0.0.1:7402 alpha\nend\n",
                "godwit-voters 1\nindex 9\nvoter 10.0.0.1 alpha\nend\n",
                "godwit-voters 1\nindex 9\nvoter 10.0.0.1:0 alpha\nend\n"
            })
    void shouldRefuseAFileThatIsDamaged(String text) throws IOException {
        Files.writeString(directory.resolve("voters"), text);

        assertThatThrownBy(this::open)
                .isInstanceOf(IOException.class)
                .hasMessageContaining("voters")
                .hasMessageContaining("expected");
    }

    private VoterBook open() throws IOException {
        return VoterBook.open(
                directory.resolve("voters"),
                new LedgerSettings("test", List.of(ALPHA), null, directory, TestVoters.TIMEOUTS));
    }
}
