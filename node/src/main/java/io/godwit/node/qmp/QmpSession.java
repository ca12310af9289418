package io.godwit.node.qmp;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One client of a VM's socket: commands are answered in their order, one at a time. It is greeted; from its
 * {@code qmp_capabilities} on it is told events. A client that sends its commands without that is served all the same,
 * as StratoVirt does, but is told no events. Used by the server's thread only.
 */
final class QmpSession implements QmpFramer.Sink {
    /** A client that has so much unread is dropped. */
    static final int MAX_UNSENT_BYTES = 1 << 20;
    /** Nothing more is read while so many commands wait. */
    static final int MAX_WAITING = 32;

    private static final Logger LOG = LoggerFactory.getLogger(QmpSession.class);
    private static final int READ_BYTES = 16 << 10;
    private static final String NEGOTIATION = "qmp_capabilities";

    private final QmpListener listener;
    private final SocketChannel channel;
    private final SelectionKey key;
    private final QmpFramer framer = new QmpFramer(this);
    private final Deque<QmpRequest> waiting = new ArrayDeque<>();
    private final Deque<ByteBuffer> unsent = new ArrayDeque<>();
    private final ByteBuffer input = ByteBuffer.allocate(READ_BYTES);
    private int unsentBytes;
    private boolean negotiated;
    private boolean busy;
    private boolean inputEnded;

    private QmpSession(QmpListener listener, SocketChannel channel) throws IOException {
        this.listener = listener;
        this.channel = channel;
        channel.configureBlocking(false);
        this.key = channel.register(listener.server().selector(), SelectionKey.OP_READ);
        key.attach((Runnable) this::ready);
    }

    static QmpSession open(QmpListener listener, SocketChannel channel) throws IOException {
        try {
            QmpSession session = new QmpSession(listener, channel);
            session.send(QmpCommands.line(greeting()));
            return session;
        } catch (IOException | RuntimeException failed) {
            channel.close();
            throw failed;
        }
    }

    static Map<String, Object> greeting() {
        Map<String, Object> greeting = new LinkedHashMap<>();
        greeting.put("version", MachineCommands.versionInfo());
        greeting.put("capabilities", List.of());
        return Map.of("QMP", greeting);
    }

    /** An event, as a line. */
    void tell(byte[] line) {
        if (negotiated) {
            send(line);
        }
    }

    private void ready() {
        try {
            if (key.isValid() && key.isWritable()) {
                flush();
            }
            if (key.isValid() && key.isReadable()) {
                read();
            }
        } catch (IOException gone) {
            close();
        }
        settle();
    }

    private void read() throws IOException {
        input.clear();
        if (channel.read(input) < 0) {
            inputEnded = true;
        } else {
            framer.feed(input.flip());
            proceed();
        }
    }

    @Override
    public void onObject(byte[] json) {
        waiting.add(QmpRequest.read(json));
    }

    @Override
    public void onGarbage(String what) {
        waiting.add(QmpRequest.wrong("Invalid JSON: " + what));
    }

    /** Begins the next command where none is under way. */
    private void proceed() {
        while (!busy && key.isValid()) {
            QmpRequest request = waiting.poll();
            if (request == null) {
                return;
            } else if (request.error() != null) {
                answer(request, request.error());
            } else if (request.command().equals(NEGOTIATION)) {
                answer(request, negotiate(request));
            } else {
                busy = true;
                listener.server()
                        .commands()
                        .run(listener.vmId(), request)
                        .whenComplete((value, failure) -> listener.server()
                                .execute(() -> finished(request, failure == null ? value : QmpException.of(failure))));
            }
        }
    }

    private Object negotiate(QmpRequest request) {
        if (negotiated) {
            return QmpException.notFound("Capabilities negotiation is already complete, command ignored");
        }
        try {
            QmpCommands.acknowledge(new QmpArguments(request.arguments()));
        } catch (QmpException refused) {
            return refused;
        }
        negotiated = true;
        return QmpCommands.nothing();
    }

    private void finished(QmpRequest request, Object outcome) {
        busy = false;
        answer(request, outcome);
        proceed();
        settle();
    }

    private void answer(QmpRequest request, Object outcome) {
        send(QmpCommands.line(QmpCommands.reply(request, outcome)));
    }

    private void send(byte[] line) {
        if (!key.isValid()) {
            return;
        }
        unsent.add(ByteBuffer.wrap(line));
        unsentBytes += line.length;
        try {
            flush();
        } catch (IOException gone) {
            close();
            return;
        }
        if (unsentBytes > MAX_UNSENT_BYTES) {
            LOG.info("a QMP client of VM {} was dropped: it left {} bytes unread", listener.vmId(), unsentBytes);
            close();
        }
        settle();
    }

    private void flush() throws IOException {
        for (ByteBuffer next = unsent.peek(); next != null; next = unsent.peek()) {
            unsentBytes -= channel.write(next);
            if (next.hasRemaining()) {
                return;
            }
            unsent.remove();
        }
    }

    /** Says what to wait for next; ends the session whose client has said and heard everything. */
    private void settle() {
        if (!key.isValid()) {
            return;
        }
        if (inputEnded && !busy && waiting.isEmpty() && unsent.isEmpty()) {
            close();
            return;
        }
        boolean reads = !inputEnded && waiting.size() < MAX_WAITING;
        key.interestOps((reads ? SelectionKey.OP_READ : 0) | (unsent.isEmpty() ? 0 : SelectionKey.OP_WRITE));
    }

    void close() {
        key.cancel();
        try {
            channel.close();
        } catch (IOException ignored) {
            // The descriptor is gone either way.
        }
        listener.ended(this);
    }
}
