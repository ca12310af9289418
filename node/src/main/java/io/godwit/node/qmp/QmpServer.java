package io.godwit.node.qmp;

import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.actors.vm.HostedVms;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A UNIX socket for each VM of this host, {@code DIRECTORY/VM-NAME.sock}, all of them served by one thread. A socket
 * appears with its VM and goes with it; sessions of a VM that has left are given a moment for their last events.
 */
public final class QmpServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(QmpServer.class);
    private static final String SUFFIX = ".sock";
    private static final long TICK_MS = 500;
    private static final long PATIENCE_MS = 5_000;

    private final Path directory;
    private final HostedVms hosted;
    private final QmpCommands commands;
    private final Selector selector;
    private final Queue<Runnable> tasks = new ConcurrentLinkedQueue<>();
    private final Map<String, QmpListener> listeners = new HashMap<>();
    private final Set<QmpListener> leaving = new HashSet<>();
    private final Set<String> refused = new HashSet<>();
    private final Thread thread;
    private volatile boolean closing;

    private QmpServer(Path directory, HostedVms hosted, QmpCommands commands) throws IOException {
        this.directory = directory;
        this.hosted = hosted;
        this.commands = commands;
        this.selector = Selector.open();
        this.thread = new Thread(this::run, "godwit-qmp");
        this.thread.setDaemon(true);
    }

    /**
     * Removes what a dead node left in {@code directory} and begins to serve. The caller holds the lock on the
     * directory's parent: no living node has sockets there.
     *
     * @throws UncheckedIOException where the directory cannot be made or written to
     */
    public static QmpServer start(Path directory, HostedVms hosted, QmpCommands commands) {
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
            removeStale(directory);
            QmpServer server = new QmpServer(directory, hosted, commands);
            hosted.onChange(() -> server.execute(server::reconcile));
            server.execute(server::reconcile);
            server.thread.start();
            return server;
        } catch (IOException unusable) {
            throw new UncheckedIOException("the directory of QMP sockets " + directory + " cannot be used", unusable);
        }
    }

    private static void removeStale(Path directory) throws IOException {
        try (DirectoryStream<Path> sockets = Files.newDirectoryStream(directory, "*" + SUFFIX)) {
            for (Path socket : sockets) {
                Files.deleteIfExists(socket);
            }
        }
    }

    /** Tells the sessions of the VM that an event of this host is about. */
    public void publish(ClusterEvent event) {
        execute(() -> {
            QmpListener listener = find(event.vmId());
            if (listener != null) {
                listener.tell(event);
            }
        });
    }

    private @org.jspecify.annotations.Nullable QmpListener find(@org.jspecify.annotations.Nullable String vmId) {
        QmpListener listener = listeners.get(vmId);
        return listener != null
                ? listener
                : leaving.stream()
                        .filter(left -> left.vmId().equals(vmId))
                        .findFirst()
                        .orElse(null);
    }

    /** Has the server's thread do something soon. */
    void execute(Runnable task) {
        if (!closing) {
            tasks.add(task);
            selector.wakeup();
        }
    }

    Selector selector() {
        return selector;
    }

    QmpCommands commands() {
        return commands;
    }

    private void run() {
        try {
            while (!closing) {
                selector.select(TICK_MS);
                for (Runnable task = tasks.poll(); task != null; task = tasks.poll()) {
                    guarded(task);
                }
                Set<SelectionKey> ready = selector.selectedKeys();
                for (SelectionKey key : ready) {
                    guarded((Runnable) key.attachment());
                }
                ready.clear();
                leaving.removeIf(QmpListener::endedItsStay);
            }
        } catch (IOException failed) {
            LOG.error("QMP sockets are served no more", failed);
        } finally {
            closing = true;
            listeners.values().forEach(QmpListener::close);
            leaving.forEach(QmpListener::close);
            closeSelector();
        }
    }

    /** One session's misfortune is not the others'. */
    private static void guarded(Runnable work) {
        try {
            work.run();
        } catch (RuntimeException fault) {
            LOG.error("a QMP session failed", fault);
        }
    }

    private void reconcile() {
        Map<String, HostedVms.Hosted> here = new HashMap<>();
        hosted.list().forEach(vm -> here.put(vm.id(), vm));
        for (Iterator<QmpListener> all = listeners.values().iterator(); all.hasNext(); ) {
            QmpListener listener = all.next();
            if (!here.containsKey(listener.vmId())) {
                listener.leave();
                leaving.add(listener);
                all.remove();
            }
        }
        refused.retainAll(here.keySet());
        here.values().stream()
                .filter(vm -> !listeners.containsKey(vm.id()) && !refused.contains(vm.id()))
                .forEach(this::open);
    }

    private void open(HostedVms.Hosted vm) {
        try {
            listeners.put(vm.id(), QmpListener.open(this, vm, socketOf(vm)));
        } catch (IOException | RuntimeException failed) {
            refused.add(vm.id());
            LOG.warn("VM {} has no QMP socket, QMP over HTTP goes on: {}", vm.name(), failed.getMessage());
        }
    }

    /** By the VM's name; by its id, which is shorter than long names, where the kernel takes no path so long. */
    private Path socketOf(HostedVms.Hosted vm) throws IOException {
        Path byName = directory.resolve(vm.name() + SUFFIX);
        if (QmpListener.fits(byName)) {
            return byName;
        }
        Path byId = directory.resolve(vm.id() + SUFFIX);
        if (!QmpListener.fits(byId)) {
            throw new IOException("the path " + byName + " is longer than the " + QmpListener.MAX_PATH_BYTES
                    + " bytes of a UNIX socket's; expected a shorter host.state-dir");
        }
        LOG.warn("the QMP socket of VM {} is {}: its name makes too long a path", vm.name(), byId);
        return byId;
    }

    private void closeSelector() {
        try {
            selector.close();
        } catch (IOException ignored) {
            // Its descriptors are gone either way.
        }
    }

    /** Ends all sessions and removes the sockets. Blocks for a moment. */
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            thread.join(PATIENCE_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
