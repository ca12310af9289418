package io.godwit.node.qmp;

import io.godwit.actors.cluster.ClusterEvent;
import io.godwit.actors.vm.HostedVms;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One VM's socket and its sessions. Used by the server's thread only. */
final class QmpListener {
    /** {@code sun_path} of Linux without its final zero. */
    static final int MAX_PATH_BYTES = 107;

    static final int MAX_SESSIONS = 8;
    private static final Logger LOG = LoggerFactory.getLogger(QmpListener.class);
    /** For the last events of a VM that left, and for a look at how its migration went. */
    private static final Duration STAY = Duration.ofSeconds(2);

    private final QmpServer server;
    private final HostedVms.Hosted vm;
    private final Path path;
    private final ServerSocketChannel acceptor;
    private final Set<QmpSession> sessions = new HashSet<>();
    private final QmpEvents events = new QmpEvents();
    private long leftAtNs;

    private QmpListener(QmpServer server, HostedVms.Hosted vm, Path path, ServerSocketChannel acceptor) {
        this.server = server;
        this.vm = vm;
        this.path = path;
        this.acceptor = acceptor;
    }

    static boolean fits(Path path) {
        return path.toString().getBytes(StandardCharsets.UTF_8).length <= MAX_PATH_BYTES;
    }

    static QmpListener open(QmpServer server, HostedVms.Hosted vm, Path path) throws IOException {
        Files.deleteIfExists(path);
        ServerSocketChannel acceptor = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            acceptor.bind(UnixDomainSocketAddress.of(path));
            Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rw-------"));
            acceptor.configureBlocking(false);
            QmpListener listener = new QmpListener(server, vm, path, acceptor);
            acceptor.register(server.selector(), SelectionKey.OP_ACCEPT, (Runnable) listener::accept);
            server.commands().isPaused(vm.id()).thenAccept(paused -> {
                if (paused) {
                    server.execute(listener.events::startsPaused);
                }
            });
            return listener;
        } catch (IOException | RuntimeException failed) {
            acceptor.close();
            throw failed;
        }
    }

    String vmId() {
        return vm.id();
    }

    QmpServer server() {
        return server;
    }

    private void accept() {
        try {
            SocketChannel channel = acceptor.accept();
            if (channel == null) {
                return;
            }
            if (sessions.size() >= MAX_SESSIONS) {
                refuse(channel);
            } else {
                sessions.add(QmpSession.open(this, channel));
            }
        } catch (IOException failed) {
            LOG.warn("a QMP session of VM {} could not begin: {}", vm.name(), failed.getMessage());
        }
    }

    /** The kernel's buffer takes so short a line without waiting. */
    private void refuse(SocketChannel channel) throws IOException {
        try (channel) {
            channel.configureBlocking(false);
            QmpException full = QmpException.generic(
                    "VM " + vm.name() + " has " + MAX_SESSIONS + " QMP sessions, which is the most it may have");
            channel.write(ByteBuffer.wrap(QmpCommands.line(Map.of("error", full.toJson()))));
        }
    }

    void ended(QmpSession session) {
        sessions.remove(session);
    }

    /** Translated even where nobody listens: what an event means depends on those before it. */
    void tell(ClusterEvent event) {
        for (Map<String, Object> made : events.of(event)) {
            byte[] line = QmpCommands.line(made);
            List.copyOf(sessions).forEach(session -> session.tell(line));
        }
    }

    /** The VM is not this host's any more: no new sessions. */
    void leave() {
        leftAtNs = System.nanoTime();
        closeAcceptor();
    }

    /** Whether the VM left long enough ago, or nobody listens; then everything is closed. */
    boolean endedItsStay() {
        boolean over = sessions.isEmpty() || System.nanoTime() - leftAtNs > STAY.toNanos();
        if (over) {
            close();
        }
        return over;
    }

    private void closeAcceptor() {
        try {
            if (acceptor.isOpen()) {
                acceptor.close();
                Files.deleteIfExists(path);
            }
        } catch (IOException failed) {
            LOG.warn("the QMP socket {} could not be removed: {}", path, failed.getMessage());
        }
    }

    void close() {
        closeAcceptor();
        new ArrayList<>(sessions).forEach(QmpSession::close);
    }
}
