package io.godwit.vmm.event;

import io.godwit.vmm.MachineEvent;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Who is told of one machine's events. A listener that fails is logged; the others are still told. */
public final class EventListeners {
    private static final Logger LOG = LoggerFactory.getLogger(EventListeners.class);

    private final String machine;
    private final List<Consumer<MachineEvent>> listeners = new CopyOnWriteArrayList<>();

    public EventListeners(String machine) {
        this.machine = machine;
    }

    public void add(Consumer<MachineEvent> listener) {
        listeners.add(listener);
    }

    public void publish(MachineEvent event) {
        LOG.info("machine {}: {}", machine, event);
        for (Consumer<MachineEvent> listener : listeners) {
            try {
                listener.accept(event);
            } catch (RuntimeException e) {
                LOG.warn("machine {}: a listener failed on {}", machine, event, e);
            }
        }
    }
}
