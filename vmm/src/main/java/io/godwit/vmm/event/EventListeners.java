package io.godwit.vmm.event;

import io.godwit.vmm.MachineEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who is told of one machine's events. A listener that fails is logged; the others are still told. */
public final class EventListeners {
    private static final Logger LOG = LoggerFactory.getLogger(EventListeners.class);

    private final String machine;
    private final List<Consumer<MachineEvent>> listeners = new CopyOnWriteArrayList<>();
    private final List<LongConsumer> deadlineListeners = new CopyOnWriteArrayList<>();

    public EventListeners(String machine) {
        this.machine = machine;
    }

    public void add(Consumer<MachineEvent> listener) {
        listeners.add(listener);
    }

    public void addOfDeadlines(LongConsumer listener) {
        deadlineListeners.add(listener);
    }

    public void publish(MachineEvent event) {
        LOG.info("machine {}: {}", machine, event);
        listeners.forEach(listener -> guarded(event, () -> listener.accept(event)));
    }

    /** @param boottimeNs the instant that passed */
    public void publishDeadline(long boottimeNs) {
        LOG.warn("machine {} ran out of time: its deadline has passed", machine);
        deadlineListeners.forEach(listener -> guarded("a deadline", () -> listener.accept(boottimeNs)));
    }

    private void guarded(Object subject, Runnable telling) {
        try {
            telling.run();
        } catch (RuntimeException e) {
            LOG.warn("machine {}: a listener failed on {}", machine, subject, e);
        }
    }
}
