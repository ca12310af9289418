package io.godwit.actors.vm;

import io.godwit.actors.vault.VaultedMachine;
import io.godwit.config.device.ConsoleName;
import io.godwit.control.ledger.VmRecord;
import io.godwit.vmm.GuestConsole;
import io.godwit.vmm.SerialLog;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.agrona.CloseHelper;
import org.apache.pekko.actor.typed.ActorRef;
import org.apache.pekko.actor.typed.javadsl.ActorContext;
import org.jspecify.annotations.Nullable;

/**
 * Who reads and writes the consoles of a VM's machine. A read that finds nothing waits for output, so many at most; what
 * is written goes into the device's own bounded queue and nowhere else. Part of the actor: used by its thread only.
 */
final class VmConsoles {
    static final int MAX_WAITING = 64;
    private static final int MAX_WRITERS = 64;
    private static final int MAX_WRITER_CHARACTERS = 64;

    /** What the actor tells its consoles. */
    sealed interface Note extends VmActor.Internal {}

    /** A console has more output than when its readers began to wait. */
    record Wrote(ConsoleName console) implements Note {}

    /** A reader has waited long enough. */
    record WaitOver(Waiting waiting) implements Note {}

    /** A reader that waits; an object of its own, since two may ask for the same. */
    static final class Waiting {
        private final GuestConsole source;
        private final ConsoleRequest.ReadConsole request;

        Waiting(GuestConsole source, ConsoleRequest.ReadConsole request) {
            this.source = source;
            this.request = request;
        }
    }

    private final ActorContext<VmActor.Command> context;
    private final List<Waiting> waiting = new ArrayList<>();
    private final Map<ConsoleName, AutoCloseable> subscriptions = new EnumMap<>(ConsoleName.class);

    /** By writer: how much of its input was taken. The one that wrote longest ago is forgotten first. */
    private final Map<String, Long> taken = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > MAX_WRITERS;
        }
    };

    VmConsoles(ActorContext<VmActor.Command> context) {
        this.context = context;
    }

    void answer(ConsoleRequest request, @Nullable VaultedMachine machine, VmRecord vm, VmStatus status) {
        Optional<Problem> refusal = refusal(request, machine, vm, status);
        if (refusal.isPresent() || machine == null) {
            refusal.ifPresent(problem -> request.replyTo().tell(new VmActor.Rejected(problem)));
            return;
        }
        GuestConsole console = machine.machine().console(request.console()).orElseThrow();
        if (request instanceof ConsoleRequest.ReadConsole read) {
            read(console, read);
        } else if (request instanceof ConsoleRequest.WriteConsole write) {
            write.replyTo().tell(write(console, write));
        }
    }

    private static Optional<Problem> refusal(
            ConsoleRequest request, @Nullable VaultedMachine machine, VmRecord vm, VmStatus status) {
        String name = "VM " + vm.spec().name();
        String console = request.console() == ConsoleName.SERIAL ? "serial port" : "virtio console";
        if (status == VmStatus.INCOMING) {
            // What it holds so far is not the guest's: that comes with the devices' state.
            return Optional.of(Problem.of(Problem.Kind.UNAVAILABLE, name + " is on its way to this host"));
        } else if (machine == null) {
            return Optional.of(
                    Problem.of(Problem.Kind.CONFLICT, name + " is " + status.label() + " and has no " + console));
        } else if (machine.machine().console(request.console()).isEmpty()) {
            return Optional.of(Problem.of(
                    Problem.Kind.INVALID,
                    "device",
                    request.console().label(),
                    "a console that the VM's definition names",
                    name + " has no " + console + "; define it with the device \"console\""));
        } else if (request instanceof ConsoleRequest.WriteConsole write && !isSound(write)) {
            return Optional.of(Problem.of(
                    Problem.Kind.INVALID,
                    "a write to a console has a writer of 1 to " + MAX_WRITER_CHARACTERS
                            + " characters, an offset from 0 on and at most " + ConsoleRequest.LIMIT_BYTES + " bytes"));
        }
        return Optional.empty();
    }

    private static boolean isSound(ConsoleRequest.WriteConsole write) {
        return !write.writer().isEmpty()
                && write.writer().length() <= MAX_WRITER_CHARACTERS
                && write.offset() >= 0
                && write.bytes().length <= ConsoleRequest.LIMIT_BYTES;
    }

    private VmActor.Answer write(GuestConsole console, ConsoleRequest.WriteConsole write) {
        long before = Math.max(write.offset(), taken.getOrDefault(write.writer(), 0L));
        int known = (int) Math.min(before - write.offset(), write.bytes().length);
        byte[] rest = Arrays.copyOfRange(write.bytes(), known, write.bytes().length);
        long end = write.offset() + known + console.input(rest);
        taken.put(write.writer(), Math.max(before, end));
        return new VmActor.ConsoleWritten(end);
    }

    private void read(GuestConsole console, ConsoleRequest.ReadConsole read) {
        if (read.waitMs() <= 0 || console.log().position() != read.from() || waiting.size() >= MAX_WAITING) {
            reply(console, read);
            return;
        }
        Waiting entry = new Waiting(console, read);
        waiting.add(entry);
        subscriptions.computeIfAbsent(read.console(), name -> subscribe(console, name));
        if (console.log().position() != read.from()) {
            wrote(read.console()); // between the look and the subscription
        } else {
            Duration patience = Duration.ofMillis(Math.min(read.waitMs(), ConsoleRequest.MAX_WAIT_MS));
            context.scheduleOnce(patience, context.getSelf(), new WaitOver(entry));
        }
    }

    /** One message for however much a vCPU writes until the readers are answered, which ends the subscription. */
    private AutoCloseable subscribe(GuestConsole console, ConsoleName name) {
        ActorRef<VmActor.Command> self = context.getSelf();
        AtomicBoolean told = new AtomicBoolean();
        return console.log().subscribe(chunk -> {
            if (told.compareAndSet(false, true)) {
                self.tell(new Wrote(name));
            }
        });
    }

    void take(Note note) {
        if (note instanceof Wrote more) {
            wrote(more.console());
        } else if (note instanceof WaitOver over && waiting.remove(over.waiting())) {
            reply(over.waiting().source, over.waiting().request);
        }
    }

    private void wrote(ConsoleName console) {
        CloseHelper.quietClose(subscriptions.remove(console));
        List<Waiting> served = waiting.stream()
                .filter(entry -> entry.request.console() == console)
                .toList();
        waiting.removeAll(served);
        served.forEach(entry -> reply(entry.source, entry.request));
    }

    private static void reply(GuestConsole console, ConsoleRequest.ReadConsole read) {
        SerialLog log = console.log();
        int maxBytes = Math.min(Math.max(read.maxBytes(), 0), ConsoleRequest.LIMIT_BYTES);
        SerialLog.Chunk chunk = log.read(Math.max(read.from(), 0), maxBytes);
        read.replyTo().tell(new VmActor.Serial(chunk.position(), chunk.bytes(), log.position()));
    }

    /** The machine goes: who waits gets what it wrote last, and asks again where the VM is then. */
    void end() {
        CloseHelper.quietCloseAll(subscriptions.values());
        subscriptions.clear();
        waiting.forEach(entry -> reply(entry.source, entry.request));
        waiting.clear();
    }
}
