package io.godwit.integration.harness;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import jnr.ffi.LibraryLoader;

/**
 * A way from the test into a network namespace: a port on the test's loopback, each connection to which goes on to an
 * address within the namespace. A socket belongs to the namespace of the thread that made it, so one thread enters
 * the namespace for good and makes them all. It works whatever becomes of the namespace's links.
 */
final class NamespaceRelay implements AutoCloseable {
    private static final int CLONE_NEWNET = 0x4000_0000;
    private static final int O_RDONLY_CLOEXEC = 0x80000;

    /** Linux's own names. */
    public interface LibC {
        int open(String path, int flags);

        int setns(int descriptor, int type);
    }

    private static final LibC LIBC = LibraryLoader.create(LibC.class).load("c");

    private final ServerSocket listener;
    private final InetSocketAddress peer;
    private final ExecutorService inside;

    private NamespaceRelay(ServerSocket listener, InetSocketAddress peer, ExecutorService inside) {
        this.listener = listener;
        this.peer = peer;
        this.inside = inside;
    }

    /** @param peer an address of the namespace's own */
    static NamespaceRelay into(String namespace, InetSocketAddress peer) {
        ExecutorService inside = Executors.newSingleThreadExecutor(task -> daemon("in-" + namespace, task));
        try {
            ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
            call(inside, () -> enter(namespace));
            NamespaceRelay relay = new NamespaceRelay(listener, peer, inside);
            daemon("relay-" + namespace, relay::accept).start();
            return relay;
        } catch (IOException failed) {
            throw new UncheckedIOException(failed);
        }
    }

    private static boolean enter(String namespace) throws IOException {
        int descriptor = LIBC.open("/run/netns/" + namespace, O_RDONLY_CLOEXEC);
        if (descriptor < 0 || LIBC.setns(descriptor, CLONE_NEWNET) != 0) {
            throw new IOException("cannot enter network namespace " + namespace);
        }
        return true;
    }

    String url() {
        return "http://127.0.0.1:" + listener.getLocalPort();
    }

    private void accept() {
        while (!listener.isClosed()) {
            try {
                Socket outside = listener.accept();
                Socket within = call(inside, () -> new Socket(peer.getAddress(), peer.getPort()));
                pump(outside.getInputStream(), within.getOutputStream(), within, outside);
                pump(within.getInputStream(), outside.getOutputStream(), within, outside);
            } catch (IOException refusedOrClosed) {
                // The client's connection ends: it tries again, or the test is over.
            }
        }
    }

    private static void pump(InputStream from, OutputStream to, AutoCloseable... both) {
        daemon("relay-pump", () -> {
                    try {
                        from.transferTo(to);
                    } catch (IOException ended) {
                        // Either side may end a connection.
                    } finally {
                        for (AutoCloseable end : both) {
                            close(end);
                        }
                    }
                })
                .start();
    }

    private static void close(AutoCloseable end) {
        try {
            end.close();
        } catch (Exception gone) {
            // It is closed, then.
        }
    }

    private static <T> T call(ExecutorService inside, Callable<T> work) throws IOException {
        try {
            return inside.submit(work).get();
        } catch (ExecutionException failed) {
            throw new IOException(failed.getCause());
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IOException("interrupted", interrupted);
        }
    }

    private static Thread daemon(String name, Runnable work) {
        Thread thread = new Thread(work, "godwit-it-" + name);
        thread.setDaemon(true);
        return thread;
    }

    @Override
    public void close() {
        close(listener);
        inside.shutdown();
    }
}
