package io.godwit.control.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.Homecoming.Held;
import java.util.List;
import java.util.Optional;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

class HomecomingTest {
    private static final HostIdentity SELF = new HostIdentity("a", "now");
    private static final HostIdentity BEFORE = new HostIdentity("a", "before");
    private static final HostIdentity OTHER = new HostIdentity("b", "now");
    private static final String VM = "abcdefghijklmnopqrstuvwxyz";
    private static final String MIGRATION = "m-1";

    @Test
    void shouldServeItsVmsWithAndWithoutAMachine() {
        Homecoming plan = Homecoming.of(SELF, List.of(record(SELF, null)), List.of(held(null)));
        assertThat(plan.serve()).hasSize(1);
        assertThat(plan.settle()).isEmpty();
        assertThat(plan.discard()).isEmpty();
        assertThat(Homecoming.of(SELF, List.of(record(SELF, null)), List.of()).serve())
                .hasSize(1);
    }

    @Test
    void shouldServeTheVmsOfAnEarlierLifeWithoutTheirMemory() {
        assertThat(Homecoming.of(SELF, List.of(record(BEFORE, null)), List.of()).serve())
                .hasSize(1);
    }

    @Test
    void shouldDiscardAMachineThatTheLedgerGivesToAnother() {
        Homecoming plan = Homecoming.of(SELF, List.of(record(OTHER, null)), List.of(held(null)));
        assertThat(plan.discard()).containsExactly(VM);
        assertThat(plan.serve()).isEmpty();
    }

    @Test
    void shouldDiscardAMachineThatTheLedgerDoesNotKnow() {
        assertThat(Homecoming.of(SELF, List.of(), List.of(held(null))).discard())
                .containsExactly(VM);
    }

    @Test
    void shouldAskForAbortAsASourceThatNeverSentGo() {
        Homecoming plan = Homecoming.of(SELF, List.of(record(SELF, between(SELF, OTHER))), List.of(held(null)));
        assertThat(plan.settle()).singleElement().isInstanceOf(LedgerCommand.Abort.class);
        assertThat(plan.serve()).isEmpty();
    }

    @Test
    void shouldAskWithIdsThatTheLedgerTakesWhateverTheHostsNameAndOneForEachCommand() {
        HostIdentity self = new HostIdentity("a".repeat(63), "now");
        String migration = "01234567-89ab-cdef-0123-456789abcdef";
        PreparedMigration prepared = new PreparedMigration(migration, 1, self, OTHER);
        List<String> ids = Stream.of(held(null), held(migration))
                .flatMap(machine ->
                        Homecoming.of(self, List.of(record(self, prepared)), List.of(machine)).settle().stream())
                .map(LedgerCommand::requestId)
                .toList();

        assertThat(ids).hasSize(2).doesNotHaveDuplicates();
        assertThat(ids).allMatch(id -> id.length() <= LedgerState.MAX_ID_LENGTH);
    }

    @Test
    void shouldAskOnlyForCommitOnceGoWasSentOrTheTargetWasReady() {
        for (PreparedMigration prepared : List.of(between(SELF, OTHER), between(OTHER, SELF))) {
            Homecoming plan =
                    Homecoming.of(SELF, List.of(record(prepared.source(), prepared)), List.of(held(MIGRATION)));
            assertThat(plan.settle()).singleElement().isInstanceOf(LedgerCommand.Commit.class);
        }
    }

    @Test
    void shouldNotTakeAnEarlierHandoverForTheOneThatIsUndecided() {
        Homecoming plan = Homecoming.of(SELF, List.of(record(SELF, between(SELF, OTHER))), List.of(held("m-0")));
        assertThat(plan.settle()).singleElement().isInstanceOf(LedgerCommand.Abort.class);
    }

    @Test
    void shouldAskForAbortAsATargetThatWasNeverReady() {
        Homecoming plan = Homecoming.of(SELF, List.of(record(OTHER, between(OTHER, SELF))), List.of(held(null)));
        assertThat(plan.settle()).singleElement().isInstanceOf(LedgerCommand.Abort.class);
        assertThat(plan.discard()).isEmpty();
    }

    @Test
    void shouldOfferTheCommitOfAnEarlierLifesMigrationInsteadOfServingIt() {
        Homecoming plan = Homecoming.of(SELF, List.of(record(BEFORE, between(BEFORE, OTHER))), List.of());
        assertThat(plan.offers()).hasSize(1);
        assertThat(plan.serve()).isEmpty();
    }

    private static PreparedMigration between(HostIdentity source, HostIdentity target) {
        return new PreparedMigration(MIGRATION, 3, source, target);
    }

    private static Held held(@Nullable String handedOverIn) {
        return new Held(VM, Optional.ofNullable(handedOverIn));
    }

    private static VmRecord record(HostIdentity owner, @Nullable PreparedMigration prepared) {
        VmSpec spec = new VmSpec("vm", 64L << 20, 1, "/kernel", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        return new VmRecord(VM, spec, owner, 3, DesiredState.RUNNING, prepared, null);
    }
}
