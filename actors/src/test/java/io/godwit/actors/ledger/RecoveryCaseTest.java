package io.godwit.actors.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

class RecoveryCaseTest {
    private static final Optional<VoterCopy> SILENT = Optional.empty();

    @Test
    void shouldGoOnWhereTheOthersAreSilentAndSaidToBeLost() {
        RecoveryCase seen = seen(false, Map.of("beta", SILENT, "gamma", SILENT), Set.of());

        assertThat(seen.objections(Set.of("beta", "gamma"))).isEmpty();
    }

    @Test
    void shouldRefuseWhereThereIsAQuorum() {
        RecoveryCase seen = seen(true, Map.of("beta", SILENT, "gamma", SILENT), Set.of());

        assertThat(seen.objections(Set.of("beta", "gamma")))
                .singleElement()
                .asString()
                .contains("has a quorum")
                .contains("ledger replace");
    }

    @Test
    void shouldRefuseWhereALostVoterAnswersOrItsHostIsUp() {
        RecoveryCase seen =
                seen(false, Map.of("beta", Optional.of(new VoterCopy(3, 40)), "gamma", SILENT), Set.of("gamma"));

        assertThat(seen.objections(Set.of("beta", "gamma")))
                .containsExactly(
                        "host beta is said to be lost, and its voter answers",
                        "host gamma is said to be lost, and is up in the cluster");
    }

    @Test
    void shouldWantEachSilentVoterNamed() {
        RecoveryCase seen = seen(false, Map.of("beta", SILENT, "gamma", SILENT), Set.of());

        assertThat(seen.objections(Set.of("beta")))
                .hasSize(2)
                .anySatisfy(objection ->
                        assertThat(objection).contains("host gamma").contains("not said to be lost"))
                .anySatisfy(objection -> assertThat(objection).contains("a majority of the voters is left"));
        assertThat(seen.objections(Set.of("beta", "delta", "gamma")))
                .singleElement()
                .asString()
                .contains("\"delta\" is not accepted")
                .contains("beta, gamma");
    }

    @Test
    void shouldNameTheLaterCopyOfTwoThatAreLeft() {
        Map<String, Optional<VoterCopy>> others = new LinkedHashMap<>();
        others.put("beta", SILENT);
        others.put("gamma", SILENT);
        others.put("delta", SILENT);
        others.put("epsilon", Optional.of(new VoterCopy(3, 42)));

        Set<String> lost = Set.of("beta", "gamma", "delta");
        assertThat(seen(false, others, Set.of()).objections(lost))
                .singleElement()
                .asString()
                .contains("entry 42 of term 3")
                .contains("recover from epsilon");
        others.put("epsilon", Optional.of(new VoterCopy(2, 99)));
        assertThat(seen(false, others, Set.of()).objections(lost)).isEmpty();
    }

    @Test
    void shouldSayWhatMayBeLostAndWhatNobodyCanKnow() {
        String said = String.join(
                "\n",
                seen(false, Map.of("beta", SILENT, "gamma", SILENT), Set.of()).warnings());

        assertThat(said)
                .contains("of generation 1")
                .contains("entry 41 of term 3")
                .contains("2026-01-02T03:04:05Z")
                .contains("7 VMs")
                .contains("web, db")
                .contains("what only beta, gamma had")
                .contains("entry 40, the last one that alpha knew to be agreed on")
                .contains("only cut off from alpha")
                .contains("a VM with shared disks may run twice")
                .contains("5.6 s");
    }

    private static RecoveryCase seen(boolean quorum, Map<String, Optional<VoterCopy>> others, Set<String> up) {
        List<LedgerSettings.Voter> voters = new ArrayList<>();
        voters.add(new LedgerSettings.Voter("alpha", "10.0.0.1", 7_402));
        others.keySet().forEach(id -> voters.add(new LedgerSettings.Voter(id, "10.0.0.2", 7_402)));
        return new RecoveryCase(
                "alpha",
                new VoterSet(17, voters),
                quorum,
                new VoterCopy(3, 41),
                40,
                Optional.of(Instant.parse("2026-01-02T03:04:05Z")),
                List.of("web", "db"),
                7,
                others,
                up);
    }
}
