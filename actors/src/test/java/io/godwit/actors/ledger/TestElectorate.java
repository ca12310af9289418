package io.godwit.actors.ledger;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;

/** Voters 1, 2 ... beside voter 0, whose rounds are tested, which answer as the test says. */
final class TestElectorate implements TermRounds.Electorate {
    static final String SELF = "0";

    private final Map<String, Supplier<CompletableFuture<Long>>> questions = new TreeMap<>();
    volatile List<TermRounds.Majority> majorities;

    private TestElectorate(List<? extends Supplier<CompletableFuture<Long>>> others) {
        for (int i = 0; i < others.size(); i++) {
            questions.put(String.valueOf(i + 1), others.get(i));
        }
        Set<String> all = new HashSet<>(questions.keySet());
        all.add(SELF);
        majorities = List.of(TermRounds.Majority.of(all, SELF));
    }

    static TestElectorate of(List<? extends Supplier<CompletableFuture<Long>>> others) {
        return new TestElectorate(new ArrayList<>(others));
    }

    @Override
    public List<TermRounds.Majority> majorities() {
        return majorities;
    }

    @Override
    public CompletableFuture<Long> term(String voterId) {
        return questions.get(voterId).get();
    }
}
