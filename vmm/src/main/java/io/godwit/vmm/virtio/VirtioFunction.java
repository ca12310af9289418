package io.godwit.vmm.virtio;

import io.godwit.kvm.linux.EventFd;
import io.godwit.vmm.ComponentState;
import io.godwit.vmm.DeviceHealth;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.bus.InterruptLine;
import io.godwit.vmm.device.EmulatedDevice;
import io.godwit.vmm.pci.BarContent;
import io.godwit.vmm.pci.ConfigWindow;
import io.godwit.vmm.pci.MsixTable;
import io.godwit.vmm.pci.PciFunction;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import io.godwit.vmm.virtio.queue.QueueFault;
import io.godwit.vmm.virtio.queue.VirtQueue;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import org.agrona.CloseHelper;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A virtio device on the PCI bus: its registers, which vCPU threads reach, and its workers, which serve its queues.
 * Registers are accessed under this object's lock; no worker holds it while it serves.
 */
public final class VirtioFunction implements EmulatedDevice, AutoCloseable {
    public static final int VERSION = 1;

    private static final Logger LOG = LoggerFactory.getLogger(VirtioFunction.class);
    private static final int VENDOR = 0x1af4;
    private static final int DEVICE_BASE = 0x1040;
    private static final long STOP_TIMEOUT_S = 5;

    private final MachineAccess machine;
    private final VirtioDevice device;
    private final PciFunction pci;
    private final MsixTable messages;
    private final InterruptSource interrupts;
    private final CommonRegisters registers;
    private final List<EventFd> bells = new ArrayList<>();
    private final List<DeviceWorker> workers = new ArrayList<>();

    private volatile @Nullable ActiveQueues active;
    /** Until the machine's owner lets it run. */
    private volatile boolean quiesced = true;

    private boolean claimed;
    private boolean stopping;
    /** No vCPU finds it any more; one that had found it before is answered as by an empty slot. */
    private boolean unplugged;

    private boolean closed;
    private volatile @Nullable String fault;
    private volatile Consumer<String> faultListener = reason -> {};
    private long bellsAt = -1;

    public VirtioFunction(MachineAccess machine, VirtioDevice device) {
        this.machine = machine;
        this.device = device;
        int[] sizes = device.queueSizes();
        int type = device.kind().number();
        this.pci = new PciFunction(
                VENDOR, DEVICE_BASE + type, DEVICE_BASE + type, device.kind().pciClass(), 1, true);
        Structures structures = new Structures();
        pci.withBar(Layout.BAR, Layout.BAR_BYTES, structures);
        this.messages = MsixTable.addTo(pci, Layout.MSIX_BAR, sizes.length + 1, machine.msi());
        this.interrupts = new InterruptSource(messages, pci::isPinEnabled);
        Layout.describe(pci, sizes.length, device.config().length);
        ConfigWindow.addTo(pci, Layout.BAR, Layout.BAR_BYTES, structures);
        this.registers = new CommonRegisters(
                device.features() | VirtioFeatures.ALL, sizes, messages.vectors(), new DriverSteps());
        makeThreads(sizes.length);
    }

    private void makeThreads(int queues) {
        try {
            for (int i = 0; i < queues; i++) {
                bells.add(EventFd.create(device.id() + " queue " + i));
            }
            for (int i = 0; i < device.workers(); i++) {
                String number = device.workers() > 1 ? "-" + i : "";
                String name = device.id().replace("/", "");
                workers.add(new DeviceWorker("godwit-" + machine.name() + "-" + name + number));
            }
            workers.forEach(DeviceWorker::start);
        } catch (RuntimeException | Error failed) {
            CloseHelper.quietCloseAll(workers);
            CloseHelper.quietCloseAll(bells);
            throw failed;
        }
    }

    /** What goes onto the bus. */
    public PciFunction pci() {
        return pci;
    }

    /** Its interrupt pin, once it is on the bus. */
    public void connectPin(InterruptLine line) {
        interrupts.connect(line);
    }

    @Override
    public String id() {
        return device.id();
    }

    @Override
    public Optional<String> notMigratable() {
        return device.notMigratable();
    }

    @Override
    public OptionalLong imageBytes() {
        return device.imageBytes();
    }

    @Override
    public int stateVersion() {
        return VERSION;
    }

    /** What it does, for operations of its own kind. */
    public VirtioDevice device() {
        return device;
    }

    /** Why it stopped serving, until its driver resets it. */
    public Optional<String> fault() {
        return Optional.ofNullable(fault);
    }

    /** Told once per fault, under this object's lock: must not block. */
    public void onFault(Consumer<String> listener) {
        faultListener = listener;
    }

    @Override
    public Optional<DeviceHealth> health() {
        String reason = fault;
        if (reason != null) {
            return Optional.of(new DeviceHealth(DeviceHealth.State.FAILED, Optional.of(reason)));
        } else if (quiesced) {
            return Optional.of(DeviceHealth.of(DeviceHealth.State.QUIESCED));
        }
        return Optional.of(
                active == null
                        ? DeviceHealth.of(DeviceHealth.State.IDLE)
                        : new DeviceHealth(DeviceHealth.State.ACTIVE, device.trouble()));
    }

    /** The registers and the device's own fields, behind the first base address register. */
    private final class Structures implements BarContent {
        @Override
        public long read(long offset, int size) {
            synchronized (VirtioFunction.this) {
                if (unplugged) {
                    return -1;
                }
                int part = (int) offset & -Layout.PART_BYTES;
                int within = (int) offset & (Layout.PART_BYTES - 1);
                return switch (part) {
                    case Layout.COMMON -> registers.read(within, size);
                    case Layout.ISR -> within == 0 ? interrupts.takeStatus() : 0;
                    case Layout.DEVICE -> readConfig(within, size);
                    default -> 0;
                };
            }
        }

        @Override
        public @Nullable MachineEvent write(long offset, int size, long value) {
            int part = (int) offset & -Layout.PART_BYTES;
            int within = (int) offset & (Layout.PART_BYTES - 1);
            if (part == Layout.NOTIFY) {
                ring(within / Layout.NOTIFY_STEP_BYTES);
                return null;
            }
            synchronized (VirtioFunction.this) {
                if (unplugged) {
                    return null;
                }
                if (part == Layout.COMMON) {
                    registers.write(within, size, value);
                } else if (part == Layout.DEVICE) {
                    writeConfig(within, size, value);
                }
            }
            return null;
        }

        @Override
        public void placedAt(long guestAddress) {
            attachBells(guestAddress + Layout.NOTIFY);
        }

        @Override
        public void removed() {
            detachBells();
        }
    }

    private long readConfig(int offset, int size) {
        byte[] fields = device.config();
        long value = 0;
        for (int i = 0; i < size && offset + i < fields.length; i++) {
            value |= (long) Byte.toUnsignedInt(fields[offset + i]) << (8 * i);
        }
        return value;
    }

    private void writeConfig(int offset, int size, long value) {
        int length = device.config().length;
        for (int i = 0; i < size && offset + i < length; i++) {
            device.writeConfig(offset + i, (byte) (value >>> (8 * i)));
        }
    }

    /** Where the kernel did not catch the guest's write. */
    private synchronized void ring(int queue) {
        if (queue < bells.size() && !unplugged) {
            bells.get(queue).signal();
        }
    }

    private synchronized void attachBells(long address) {
        for (int i = 0; i < bells.size(); i++) {
            machine.doorbells().attach(bells.get(i), address + (long) i * Layout.NOTIFY_STEP_BYTES);
        }
        bellsAt = address;
    }

    private synchronized void detachBells() {
        for (int i = 0; i < bells.size() && bellsAt >= 0; i++) {
            machine.doorbells().detach(bells.get(i), bellsAt + (long) i * Layout.NOTIFY_STEP_BYTES);
        }
        bellsAt = -1;
    }

    /** On vCPU threads, under the lock. */
    private final class DriverSteps implements CommonRegisters.StatusListener {
        @Override
        public void driverReady() {
            if (active == null) {
                activate(queue -> {});
                serveAgain();
            }
        }

        @Override
        public void resetAsked() {
            if (active == null) {
                resetRegisters();
            } else if (!stopping) {
                stopping = true;
                CompletableFuture<Void> unused = pauseWorkers().whenComplete((done, failed) -> stopped());
            }
        }
    }

    private interface QueueSetup {
        void prepare(VirtQueue queue);
    }

    /** Makes the rings that the registers describe; a device with a malformed one never starts. */
    private void activate(QueueSetup setup) {
        boolean indirect = (registers.accepted() & VirtioFeatures.INDIRECT_DESCRIPTORS) != 0;
        boolean eventIndex = (registers.accepted() & VirtioFeatures.EVENT_INDEX) != 0;
        List<@Nullable VirtQueue> queues = new ArrayList<>();
        try {
            for (int i = 0; i < registers.queues().size(); i++) {
                QueueRegisters queue = registers.queues().get(i);
                queues.add(
                        queue.isEnabled()
                                ? new VirtQueue(
                                        id() + " queue " + i,
                                        queue.layout(),
                                        machine.memory().layout(),
                                        machine.dirty(),
                                        indirect,
                                        eventIndex)
                                : null);
            }
        } catch (QueueFault broken) {
            fail(broken);
            return;
        }
        queues.stream().filter(Objects::nonNull).forEach(setup::prepare);
        ActiveQueues started = new ActiveQueues(
                queues,
                registers.accepted(),
                machine.memory(),
                machine.dirty(),
                workersByQueue(),
                this::serve,
                new DriverNotice());
        device.start(started);
        active = started;
    }

    private List<DeviceWorker> workersByQueue() {
        List<DeviceWorker> byQueue = new ArrayList<>();
        for (int queue = 0; queue < bells.size(); queue++) {
            byQueue.add(workers.get(device.workerOf(queue)));
        }
        return byQueue;
    }

    /** From a worker. A vector is set before the driver is ready, and read without the lock that a vCPU may hold. */
    private final class DriverNotice implements ActiveQueues.Interrupts {
        @Override
        public void queue(int index) {
            interrupts.queue(registers.queues().get(index).vector());
        }

        @Override
        public void configChanged() {
            synchronized (VirtioFunction.this) {
                registers.configChanged();
                interrupts.config(registers.configVector());
            }
        }
    }

    private void serveAgain() {
        ActiveQueues running = active;
        if (running == null) {
            return;
        }
        running.pausing(false);
        for (int i = 0; i < workers.size(); i++) {
            int worker = i;
            workers.get(worker).run(() -> serveAll(worker));
        }
    }

    private void serveAll(int worker) {
        synchronized (this) {
            if (active == null || quiesced || stopping || fault != null) {
                return;
            }
        }
        for (int queue = 0; queue < bells.size(); queue++) {
            if (device.workerOf(queue) == worker) {
                int number = queue;
                EventFd bell = bells.get(queue);
                workers.get(worker).watch(bell.file(), () -> {
                    bell.drain();
                    serve(number);
                });
                serve(number);
            }
        }
    }

    private void serve(int queue) {
        if (fault != null) {
            return;
        }
        try {
            device.serve(queue);
        } catch (QueueFault broken) {
            failAndPause(broken);
        } catch (RuntimeException bug) {
            LOG.error("{} of {} stops", id(), machine.name(), bug);
            failAndPause(bug);
        }
    }

    private void failAndPause(RuntimeException cause) {
        synchronized (this) {
            fail(cause);
        }
        CompletableFuture<Void> unused = pauseWorkers(); // a reset waits for it, if one comes
    }

    /** Under the lock. */
    private void fail(RuntimeException cause) {
        fault = String.valueOf(cause.getMessage());
        LOG.warn("machine {}: {} stops until its driver resets it: {}", machine.name(), id(), fault);
        registers.fail();
        interrupts.config(registers.configVector());
        faultListener.accept(fault);
    }

    private CompletableFuture<Void> pauseWorkers() {
        ActiveQueues running = active;
        if (running != null) {
            running.pausing(true);
        }
        List<CompletableFuture<Void>> paused = new ArrayList<>();
        for (int i = 0; i < workers.size(); i++) {
            int worker = i;
            paused.add(workers.get(worker).run(() -> pause(worker)).toCompletableFuture());
        }
        return CompletableFuture.allOf(paused.toArray(CompletableFuture[]::new));
    }

    private void pause(int worker) {
        for (int queue = 0; queue < bells.size(); queue++) {
            if (device.workerOf(queue) == worker) {
                workers.get(worker).unwatch(bells.get(queue).file());
            }
        }
        device.pause(worker);
    }

    /** All workers have let go: the rings are the driver's again. */
    private synchronized void stopped() {
        stopping = false;
        if (active != null) {
            active = null;
            device.stop();
        }
        resetRegisters();
    }

    private void resetRegisters() {
        fault = null;
        registers.resetDone();
        interrupts.reset();
    }

    @Override
    public synchronized CompletionStage<Void> quiesce() {
        quiesced = true;
        return closed ? CompletableFuture.completedFuture(null) : pauseWorkers();
    }

    @Override
    public CompletionStage<Void> handOver() {
        return workers.get(0).run(this::release);
    }

    @Override
    public CompletionStage<Void> resume() {
        return workers.get(0).run(this::takeUp);
    }

    private synchronized void takeUp() {
        if (closed) {
            return;
        }
        if (!claimed) {
            device.claim();
            claimed = true;
        }
        quiesced = false;
        interrupts.settle();
        serveAgain();
    }

    private synchronized void release() {
        if (quiesced && claimed) {
            claimed = false;
            device.release();
        }
    }

    @Override
    public synchronized ComponentState save() {
        StateWriter state = new StateWriter();
        pci.save(state);
        messages.save(state);
        interrupts.save(state);
        registers.save(state);
        ActiveQueues running = active;
        state.flag(running != null);
        for (int i = 0; running != null && i < bells.size(); i++) {
            VirtQueue queue = running.queue(i);
            if (queue != null) {
                state.u16(queue.nextAvailable()).u16(queue.nextUsed());
            }
        }
        device.save(state);
        return new ComponentState(id(), VERSION, state.toBytes());
    }

    /** Leaves it quiesced: {@link #resume()} makes it serve. */
    @Override
    public synchronized void restore(ComponentState saved) {
        StateReader state = StateReader.of(saved);
        pci.restore(state);
        messages.restore(state);
        interrupts.restore(state);
        registers.restore(state);
        if (state.flag("queues are active")) {
            activate(queue -> queue.goOnAt(state.u16("next request"), state.u16("next answer")));
        }
        device.restore(state);
        state.end();
    }

    /** While no vCPU runs. */
    @Override
    public void reset() {
        awaitPaused();
        synchronized (this) {
            stopped();
            messages.reset();
            pci.reset();
        }
    }

    private void awaitPaused() {
        try {
            pauseWorkers().get(STOP_TIMEOUT_S, TimeUnit.SECONDS);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(id() + " was interrupted while it stopped", interrupted);
        } catch (ExecutionException | TimeoutException stuck) {
            throw new IllegalStateException(id() + " does not stop its I/O", stuck);
        }
    }

    /**
     * Gives all of it back while its guest runs on, once it is off the bus: I/O in flight ends, what one host alone may
     * have is given up, the pin is let go, threads and files are closed. Blocks; not on a thread of its own.
     *
     * @throws IllegalStateException when its I/O does not end; it can be tried again
     */
    public void unplug() {
        synchronized (this) {
            unplugged = true;
            quiesced = true;
        }
        awaitPaused();
        synchronized (this) {
            stopped();
            release();
        }
        close();
    }

    /** To be called before the VM and its memory are closed. Idempotent. */
    @Override
    public void close() {
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
        }
        CloseHelper.closeAll(workers);
        synchronized (this) {
            detachBells();
        }
        CloseHelper.closeAll(bells);
        device.close();
    }
}
