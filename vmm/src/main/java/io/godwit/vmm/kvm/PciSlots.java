package io.godwit.vmm.kvm;

import io.godwit.vmm.MachineException;
import io.godwit.vmm.device.EmulatedDevice;
import io.godwit.vmm.device.system.GuestNotifier;
import io.godwit.vmm.device.system.HotplugController;
import io.godwit.vmm.pci.PciBus;
import io.godwit.vmm.pci.SharedLines;
import io.godwit.vmm.virtio.MachineAccess;
import io.godwit.vmm.virtio.VirtioDevice;
import io.godwit.vmm.virtio.VirtioFunction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.BiConsumer;
import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The virtio functions of a machine by slot, and their coming and going while its guest runs. One leaves in this order:
 * no vCPU finds it, no doorbell rings, its I/O has ended, what one host alone may have is given up, it is closed.
 */
final class PciSlots implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(PciSlots.class);
    private static final long START_TIMEOUT_S = 10;
    private static final long EJECTION_TIMEOUT_MS = 20_000;

    private final MachineAccess access;
    private final PciBus bus;
    private final SharedLines lines;
    private final HotplugController controller;
    private final SortedMap<Integer, VirtioFunction> functions = new TreeMap<>();
    private final SortedMap<Integer, Departure> departures = new TreeMap<>();
    private boolean closed;
    private volatile BiConsumer<String, String> onFault = (id, reason) -> {};

    /** A device that is to leave. */
    private static final class Departure {
        private final CompletableFuture<Void> gone = new CompletableFuture<>();
        private @Nullable Thread ejection;
    }

    PciSlots(MachineAccess access, PciBus bus, SharedLines lines, GuestNotifier notifier) {
        this.access = access;
        this.bus = bus;
        this.lines = lines;
        this.controller = new HotplugController(notifier, this::eject);
    }

    HotplugController controller() {
        return controller;
    }

    /** By slot. */
    synchronized List<VirtioFunction> functions() {
        return List.copyOf(functions.values());
    }

    /** @param listener told of a device's id and why it stopped, also of those that come later */
    void onFault(BiConsumer<String, String> listener) {
        onFault = listener;
    }

    private VirtioFunction function(VirtioDevice device) {
        VirtioFunction function = new VirtioFunction(access, device);
        function.onFault(reason -> onFault.accept(function.id(), reason));
        return function;
    }

    /** Puts a device in that is there from the start. It is the caller's when this throws. */
    synchronized void place(int slot, VirtioDevice device) {
        VirtioFunction function = function(device);
        functions.put(slot, function);
        bus.place(slot, function.pci());
        function.connectPin(lines.pin(slot));
    }

    /**
     * Puts a device in and tells the guest. The guest finds one that has all it needs. Closes the device when this
     * throws.
     *
     * @param serving whether it is to serve; else it is quiesced as the others are
     * @throws MachineException when another has what only one host may have
     */
    void plug(int slot, VirtioDevice device, boolean serving) {
        VirtioFunction function;
        try {
            function = function(device);
        } catch (RuntimeException | Error failed) {
            CloseHelper.quietClose(device);
            throw failed;
        }
        try {
            await(device.id(), function.resume());
            if (!serving) {
                await(device.id(), function.quiesce());
            }
            enter(slot, function);
        } catch (RuntimeException | Error failed) {
            CloseHelper.quietClose(function);
            throw failed;
        }
        controller.insert(slot);
    }

    private synchronized void enter(int slot, VirtioFunction function) {
        if (closed || functions.containsKey(slot)) {
            throw new MachineException(
                    function.id() + ": slot " + slot + (closed ? " is gone with its machine" : " is taken"));
        }
        function.connectPin(lines.pin(slot));
        bus.plug(slot, function.pci());
        functions.put(slot, function);
    }

    private static void await(String id, CompletionStage<Void> step) {
        try {
            step.toCompletableFuture().get(START_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (ExecutionException failed) {
            if (failed.getCause() instanceof MachineException refused) {
                throw refused;
            }
            throw new MachineException(id + " does not start: " + failed.getCause(), failed);
        } catch (TimeoutException stuck) {
            throw new MachineException(id + " does not start within " + START_TIMEOUT_S + " s", stuck);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new MachineException(id + " was interrupted while it started", interrupted);
        }
    }

    /** Asks the guest to let a device go. Ends when it is out and closed, or fails when it stays. */
    CompletionStage<Void> unplug(String id) {
        int slot;
        Departure departure;
        synchronized (this) {
            slot = slotOf(id);
            departure = departures.computeIfAbsent(slot, free -> new Departure());
        }
        controller.ask(slot);
        return departure.gone;
    }

    /** @throws MachineException when there is none */
    private synchronized int slotOf(String id) {
        return functions.entrySet().stream()
                .filter(entry -> entry.getValue().id().equals(id))
                .map(Map.Entry::getKey)
                .findFirst()
                .orElseThrow(() -> new MachineException("machine " + access.name() + " has no device " + id
                        + "; it has "
                        + functions.values().stream().map(VirtioFunction::id).toList()));
    }

    /** Takes a device out that is asked for, whatever its guest does with it. */
    void pull(String id) {
        int slot = slotOf(id);
        controller.withdraw(slot);
        eject(slot);
    }

    /** Leaves a device in whose guest does not let it go; false when it is on its way out. */
    boolean keep(String id) {
        int slot;
        Departure departure;
        synchronized (this) {
            slot = slotOf(id);
            departure = departures.get(slot);
            if (departure == null || departure.ejection != null) {
                return false;
            }
            departures.remove(slot);
        }
        controller.withdraw(slot);
        departure.gone.completeExceptionally(new MachineException(id + " stays: the guest did not eject slot " + slot));
        return true;
    }

    /** On a vCPU's thread, which goes on when the bus has let go of it; the rest takes as long as its I/O does. */
    private synchronized void eject(int slot) {
        Departure departure = departures.get(slot);
        VirtioFunction function = functions.get(slot);
        if (departure == null || departure.ejection != null || function == null) {
            return;
        }
        bus.remove(slot);
        String name = "godwit-" + access.name() + "-eject" + slot;
        Thread ejection = new Thread(() -> takeOut(slot, function, departure), name);
        ejection.setDaemon(true);
        departure.ejection = ejection;
        ejection.start();
    }

    private void takeOut(int slot, VirtioFunction function, Departure departure) {
        try {
            function.unplug();
        } catch (RuntimeException | Error stuck) {
            LOG.error("{} of machine {} is off the bus and was not given back", function.id(), access.name(), stuck);
            synchronized (this) {
                departures.remove(slot);
            }
            departure.gone.completeExceptionally(stuck);
            return;
        }
        synchronized (this) {
            departures.remove(slot);
            functions.remove(slot);
        }
        departure.gone.complete(null);
    }

    /** In the order of saving and restoring. */
    List<EmulatedDevice> devices() {
        return new ArrayList<>(functions());
    }

    /** Ends the devices' threads and closes their files; after the vCPUs. Waits for those that are leaving. */
    @Override
    public void close() {
        List<Thread> leaving = new ArrayList<>();
        synchronized (this) {
            closed = true;
            for (Departure departure : departures.values()) {
                if (departure.ejection != null) {
                    leaving.add(departure.ejection);
                } else {
                    departure.gone.completeExceptionally(
                            new MachineException("machine " + access.name() + " was closed"));
                }
            }
        }
        leaving.forEach(PciSlots::join);
        CloseHelper.closeAll(functions());
    }

    private static void join(Thread ejection) {
        try {
            ejection.join(EJECTION_TIMEOUT_MS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
        }
    }
}
