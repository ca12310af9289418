package io.godwit.actors.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.ledger.LedgerLevels.Speaker;
import java.util.Map;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class LedgerLevelsTest {
    @Test
    void shouldNameEachHostThatIsOlderOrCannotBeAskedAndWhatItTakes() {
        LedgerLevels levels = new LedgerLevels(
                OptionalInt.of(1),
                Map.of(
                        "alpha",
                        Speaker.of(2, ""),
                        "beta",
                        Speaker.FIRST,
                        "gamma",
                        Speaker.unknown("connection refused")));

        assertThat(levels.objections(2)).hasSize(2);
        assertThat(levels.objections(2).get(0))
                .contains("host beta's build speaks only up to level 1")
                .contains("start it with a build that speaks level 2");
        assertThat(levels.objections(2).get(1))
                .contains("host gamma cannot be asked")
                .contains("connection refused")
                .contains("godwit host forget gamma");
        assertThat(levels.notes()).isEmpty();
    }

    @Test
    void shouldTakeAHostsWordWhereItsVoterIsSilentAndTheLowerWhereBothAnswer() {
        LedgerLevels voters = new LedgerLevels(
                OptionalInt.of(2), Map.of("alpha", Speaker.unknown("stopped"), "beta", Speaker.of(2, "")));

        LedgerLevels all = voters.with(Map.of("alpha", Speaker.of(1, "its voter stopped"), "beta", Speaker.of(1, "")));

        assertThat(all.hosts().get("alpha")).isEqualTo(Speaker.of(1, "its voter stopped"));
        assertThat(all.hosts().get("beta")).isEqualTo(Speaker.of(1, ""));
        assertThat(all.objections(2)).hasSize(2);
        assertThat(all.notes()).hasSize(2).allSatisfy(note -> assertThat(note).contains("the ledger is of level 2"));
        assertThat(voters.with(Map.of("alpha", Speaker.of(2, ""))).objections(2))
                .isEmpty();
    }

    @Test
    void shouldObjectToAHostThatOnlyTheLedgerKnows() {
        LedgerLevels levels = new LedgerLevels(OptionalInt.of(1), Map.of("alpha", Speaker.of(2, "")))
                .with(Map.of(
                        "alpha", Speaker.unknown("it is no member of the cluster now"),
                        "delta", Speaker.unknown("it is no member of the cluster now")));

        assertThat(levels.objections(2)).singleElement().asString().contains("host delta cannot be asked");
    }
}
