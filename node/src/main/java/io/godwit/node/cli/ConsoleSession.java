package io.godwit.node.cli;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/** One connection to a console: output to the session, input from a stream, each as fast as the other end takes it. */
final class ConsoleSession implements WebSocket.Listener {
    /** How a console ended. */
    record Ended(boolean byUser, int code, String reason) {}

    private static final int INPUT_BYTES = 4096;

    private final Session session;
    private final CompletableFuture<Ended> ended = new CompletableFuture<>();
    private volatile long lastOutputNs = System.nanoTime();

    ConsoleSession(Session session) {
        this.session = session;
    }

    /**
     * Passes input on until the escape key, the end of the input or of the console.
     *
     * @param lingerMs after the input's end: how long the console has to be silent before it is left
     */
    Ended run(WebSocket socket, InputStream input, EscapeKey escape, long lingerMs) {
        Thread reader = new Thread(() -> pass(socket, input, escape, lingerMs), "godwit-console-input");
        reader.setDaemon(true);
        reader.start();
        try {
            Ended how = ended.get();
            if (how.byUser()) {
                socket.sendClose(WebSocket.NORMAL_CLOSURE, "").get(1, TimeUnit.SECONDS);
            }
            return how;
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw ApiException.unexpected("interrupted");
        } catch (TimeoutException slow) {
            return new Ended(true, WebSocket.NORMAL_CLOSURE, "");
        } catch (ExecutionException failed) {
            throw ApiException.unexpected("the console was cut: " + failed.getCause());
        } finally {
            socket.abort();
        }
    }

    private void pass(WebSocket socket, InputStream input, EscapeKey escape, long lingerMs) {
        byte[] buffer = new byte[INPUT_BYTES];
        try {
            for (int read = input.read(buffer); read >= 0; read = input.read(buffer)) {
                int typed = escape.find(buffer, read);
                socket.sendBinary(ByteBuffer.wrap(buffer, 0, typed), true).join();
                if (typed < read) {
                    leave();
                    return;
                }
            }
            awaitSilence(Duration.ofMillis(lingerMs).toNanos());
            leave();
        } catch (IOException | CompletionException failed) {
            ended.completeExceptionally(failed);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private void awaitSilence(long lingerNs) throws InterruptedException {
        lastOutputNs = System.nanoTime();
        for (long leftNs = lingerNs; leftNs > 0; leftNs = lingerNs - (System.nanoTime() - lastOutputNs)) {
            TimeUnit.NANOSECONDS.sleep(leftNs);
        }
    }

    private void leave() {
        ended.complete(new Ended(true, WebSocket.NORMAL_CLOSURE, ""));
    }

    @Override
    public @Nullable CompletionStage<?> onBinary(WebSocket socket, ByteBuffer data, boolean last) {
        byte[] bytes = new byte[data.remaining()];
        data.get(bytes);
        lastOutputNs = System.nanoTime();
        try {
            session.write(bytes, bytes.length);
            socket.request(1);
        } catch (IOException gone) {
            ended.completeExceptionally(gone);
        }
        return null;
    }

    @Override
    public @Nullable CompletionStage<?> onClose(WebSocket socket, int code, String reason) {
        ended.complete(new Ended(false, code, reason));
        return null;
    }

    @Override
    public void onError(WebSocket socket, Throwable failure) {
        ended.completeExceptionally(failure);
    }
}
