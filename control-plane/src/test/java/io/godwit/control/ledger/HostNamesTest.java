package io.godwit.control.ledger;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class HostNamesTest {
    private final LedgerState state = new LedgerState();
    private int requests;

    @Test
    void shouldGiveANameToTheFirstWhoAsksAndToNoOther() {
        assertApplied(name("south", "one"));
        assertApplied(name("north", "two"));
        assertApplied(name("south", "one"));

        assertRefused(name("south", "two"), "host name \"south\" belongs to another state directory (one)");
    }

    @Test
    void shouldGiveAFreedNameToTheNextWhoAsks() {
        assertRefused(release("south"), "no host has the name \"south\"");
        assertApplied(name("south", "one"));
        assertApplied(release("south"));
        assertApplied(name("south", "two"));

        assertRefused(name("south", "one"), "another state directory (two)");
    }

    @Test
    void shouldKnowTheNamesAfterASnapshot() {
        name("south", "one");
        byte[] bytes = LedgerCodec.encode(state.snapshot());
        LedgerState restored = LedgerState.restore(LedgerCodec.decodeSnapshot(bytes));

        assertThat(restored.snapshot()).isEqualTo(state.snapshot());
        assertThat(new String(bytes, UTF_8)).contains("\"names\":[{\"hostId\":\"south\",\"stateId\":\"one\"}]");
        assertRefused(restored.apply(new LedgerCommand.NameHost("late", "south", "two")), "another state directory");
    }

    @Test
    void shouldRefuseMoreNamesThanThereIsRoomFor() {
        for (int i = 0; i < HostNames.MAX_NAMES; i++) {
            assertApplied(name("host-" + i, "directory"));
        }
        assertRefused(name("one-more", "directory"), "10000 hosts have names; expected at most as many");
        assertApplied(name("host-7", "directory"));
    }

    @Test
    void shouldRefuseNamesThatAreEmptyOrTooLong() {
        assertRefused(name("", "one"), "hostId \"\" is not accepted");
        assertRefused(name("south", "d".repeat(65)), "stateId");
        assertRefused(release("h".repeat(256)), "hostId");
    }

    private LedgerAnswer name(String hostId, String stateId) {
        return state.apply(new LedgerCommand.NameHost("n" + requests++, hostId, stateId));
    }

    private LedgerAnswer release(String hostId) {
        return state.apply(new LedgerCommand.ReleaseName("r" + requests++, hostId));
    }

    private static void assertApplied(LedgerAnswer answer) {
        assertThat(answer).isInstanceOf(LedgerAnswer.Applied.class);
    }

    private static void assertRefused(LedgerAnswer answer, String reason) {
        assertThat(answer)
                .isInstanceOfSatisfying(
                        LedgerAnswer.Refused.class,
                        refused -> assertThat(refused.reason()).contains(reason));
    }
}
