package io.godwit.actors.ledger;

import io.godwit.control.ledger.LedgerFormatException;
import io.godwit.control.ledger.LedgerUnavailableException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.apache.ratis.protocol.RaftPeer;
import org.apache.ratis.server.RaftConfiguration;

/** The voters by the last configuration in a voter's own log, committed or not: what it would be elected by. */
final class RaftElectorate implements TermRounds.Electorate {
    private final Generation generation;
    private final String self;
    private final Supplier<RaftConfiguration> configuration;
    private final VoterLines lines;

    RaftElectorate(Generation generation, String self, Supplier<RaftConfiguration> configuration, VoterLines lines) {
        this.generation = generation;
        this.self = self;
        this.configuration = configuration;
        this.lines = lines;
    }

    @Override
    public List<TermRounds.Majority> majorities() {
        RaftConfiguration now = configuration.get();
        List<TermRounds.Majority> majorities = new ArrayList<>();
        majorities.add(majority(now.getCurrentPeers()));
        if (!now.getPreviousPeers().isEmpty()) {
            majorities.add(majority(now.getPreviousPeers()));
        }
        return majorities;
    }

    private TermRounds.Majority majority(Collection<RaftPeer> peers) {
        Set<String> ids = peers.stream().map(peer -> peer.getId().toString()).collect(Collectors.toSet());
        return TermRounds.Majority.of(ids, self);
    }

    @Override
    public CompletableFuture<Long> term(String voterId) {
        RaftConfiguration now = configuration.get();
        Optional<LedgerSettings.Voter> voter = Stream.concat(
                        now.getCurrentPeers().stream(), now.getPreviousPeers().stream())
                .filter(peer -> peer.getId().toString().equals(voterId))
                .findFirst()
                .map(LedgerSettings.Voter::of);
        return voter.isEmpty()
                ? CompletableFuture.failedFuture(
                        new LedgerUnavailableException("host " + voterId + " votes no more", null))
                : lines.ask(generation, voter.get(), new VoterMessage.AskTerm()).thenApply(RaftElectorate::termOf);
    }

    private static Long termOf(VoterMessage answer) {
        if (answer instanceof VoterMessage.Term term) {
            return term.term();
        }
        throw new LedgerFormatException("a voter answered " + answer + "; expected its term");
    }
}
