package io.godwit.transport.stream;

import io.godwit.transport.RoundReceived;
import io.godwit.transport.StreamCounts;
import io.godwit.transport.StreamFailure;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;

/** Remembers what it was told. */
final class TestListener implements IncomingListener {
    final List<RoundReceived> rounds = new CopyOnWriteArrayList<>();
    final List<byte[]> states = new CopyOnWriteArrayList<>();
    final CompletableFuture<StreamCounts> end = new CompletableFuture<>();
    final CompletableFuture<StreamFailure> failure = new CompletableFuture<>();

    @Override
    public void onRoundEnd(final RoundReceived round) {
        rounds.add(round);
    }

    @Override
    public void onDeviceState(final byte[] state) {
        states.add(state);
    }

    @Override
    public void onEnd(final StreamCounts total) {
        if (!end.complete(total)) {
            throw new IllegalStateException("told of the end twice");
        }
    }

    @Override
    public void onFailed(final StreamFailure why) {
        if (!failure.complete(why)) {
            throw new IllegalStateException("told of a failure twice");
        }
    }
}
