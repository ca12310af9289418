package io.godwit.node.http;

import io.godwit.actors.ledger.LedgerLevels;
import io.godwit.actors.ledger.LedgerServer.RoleInfo;
import io.godwit.actors.ledger.LedgerSettings.Voter;
import io.godwit.actors.ledger.LedgerStatus;
import io.godwit.actors.ledger.LedgerStatus.VoterState;
import io.godwit.actors.ledger.RecoveryCase;
import io.godwit.actors.ledger.VoterCopy;
import io.godwit.actors.ledger.VoterSet;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.voters.LedgerFile;
import io.godwit.actors.voters.LedgerOperations;
import io.godwit.config.HostPort;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.CopyOnWriteArrayList;

/** A ledger of two voters, of which one is gone, that keeps what it was asked. */
public final class FakeLedger implements LedgerOperations {
    static final byte[] BACKUP = "zipped".getBytes(StandardCharsets.UTF_8);

    volatile boolean upgradable = true;
    final List<String> asked = new CopyOnWriteArrayList<>();

    @Override
    public CompletionStage<LedgerStatus> status() {
        Voter alpha = new Voter("alpha", "127.0.0.1", 7_402);
        Voter beta = new Voter("beta", "127.0.0.2", 7_402);
        return CompletableFuture.completedStage(new LedgerStatus(
                false,
                "no leader answered within 2500 ms",
                new VoterSet(17, List.of(alpha, beta)),
                List.of(
                        new VoterState(
                                alpha,
                                Optional.of(new RoleInfo("alpha", "candidate", Optional.empty(), 4, 40, 41)),
                                ""),
                        new VoterState(beta, Optional.empty(), "connection refused")),
                new LedgerLevels(
                        OptionalInt.of(1),
                        Map.of(
                                "beta",
                                LedgerLevels.Speaker.unknown("connection refused"),
                                "alpha",
                                LedgerLevels.Speaker.of(2, ""))),
                List.of("a note")));
    }

    @Override
    public CompletionStage<LedgerStatus> upgrade() {
        asked.add("upgrade");
        return upgradable
                ? status()
                : CompletableFuture.failedStage(new ProblemException(
                        Problem.refused("the ledger is not raised to level 2", List.of("host beta is older"))));
    }

    @Override
    public CompletionStage<LedgerStatus> add(String in, Optional<HostPort> address) {
        asked.add("and " + in + address.map(at -> " at " + at).orElse(""));
        return status();
    }

    @Override
    public CompletionStage<RecoveryCase> recovery(String from) {
        VoterSet voters =
                new VoterSet(17, List.of(new Voter(from, "127.0.0.1", 7_402), new Voter("beta", "127.0.0.2", 7_402)));
        return CompletableFuture.completedFuture(new RecoveryCase(
                from,
                voters,
                true,
                new VoterCopy(4, 41),
                40,
                Optional.of(Instant.EPOCH),
                List.of("web"),
                1,
                Map.of("beta", Optional.empty()),
                Set.of()));
    }

    @Override
    public CompletionStage<LedgerStatus> recover(String from, Set<String> lost, int generation) {
        asked.add("anew from " + from + " without " + lost + " after " + generation);
        return status();
    }

    @Override
    public CompletionStage<LedgerStatus> replace(String out, String in, Optional<HostPort> address) {
        asked.add(out + " by " + in + address.map(at -> " at " + at).orElse(""));
        return out.equals("nobody")
                ? CompletableFuture.failedStage(new ProblemException(Problem.of(
                        Problem.Kind.INVALID,
                        "replace",
                        out,
                        "one of the ledger's voters, alpha, beta",
                        "replace: ...")))
                : status();
    }

    @Override
    public CompletionStage<LedgerFile> backup() {
        return CompletableFuture.completedStage(new LedgerFile(4, 41, BACKUP));
    }

    @Override
    public CompletionStage<LedgerStatus> restore(byte[] file) {
        asked.add("restore " + file.length + " bytes");
        return status();
    }
}
