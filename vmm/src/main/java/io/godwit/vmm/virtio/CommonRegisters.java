package io.godwit.vmm.virtio;

import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import io.godwit.vmm.virtio.QueueRegisters.Ring;
import java.util.ArrayList;
import java.util.List;

/**
 * The common configuration structure (virtio 1.2, 4.1.4.3). Not thread-safe: its function serializes accesses.
 *
 * <pre>
 *  0 device feature select u32   4 device features u32     8 driver feature select u32  12 driver features u32
 * 16 configuration vector u16   18 queues u16             20 status u8                  21 generation u8
 * 22 queue select u16           24 queue size u16         26 queue vector u16           28 queue enable u16
 * 30 queue notify offset u16    32 descriptors u64        40 available u64              48 used u64
 * </pre>
 */
final class CommonRegisters {
    static final int BYTES = 56;

    private static final int DESCRIPTORS = 32;
    private static final int AVAILABLE = 40;
    private static final int USED = 48;

    private final long offered;
    private final int vectors;
    private final StatusListener listener;
    private final List<QueueRegisters> queues = new ArrayList<>();

    private int deviceFeatureSelect;
    private int driverFeatureSelect;
    private long accepted;
    private int configVector = QueueRegisters.NO_VECTOR;
    private int status;
    private int generation;
    private int queueSelect;

    /** Told of the driver's steps. */
    interface StatusListener {
        /** It is ready: from here on it may notify. */
        void driverReady();

        /** It resets the device. {@link #resetDone} is called when that is over; until then the status is as before. */
        void resetAsked();
    }

    CommonRegisters(long offered, int[] queueSizes, int vectors, StatusListener listener) {
        this.offered = offered;
        this.vectors = vectors;
        this.listener = listener;
        for (int size : queueSizes) {
            queues.add(new QueueRegisters(size));
        }
    }

    List<QueueRegisters> queues() {
        return queues;
    }

    long accepted() {
        return accepted;
    }

    int configVector() {
        return configVector;
    }

    boolean isDriverReady() {
        return (status & DeviceStatus.DRIVER_OK) != 0;
    }

    boolean needsReset() {
        return (status & DeviceStatus.NEEDS_RESET) != 0;
    }

    /** The device cannot go on. */
    void fail() {
        status |= DeviceStatus.NEEDS_RESET;
    }

    /** The device changed its own configuration fields. */
    void configChanged() {
        generation = (generation + 1) & 0xff;
    }

    /** All as after power-on. */
    void resetDone() {
        deviceFeatureSelect = 0;
        driverFeatureSelect = 0;
        accepted = 0;
        configVector = QueueRegisters.NO_VECTOR;
        status = 0;
        queueSelect = 0;
        queues.forEach(QueueRegisters::reset);
    }

    long read(int offset, int size) {
        if (offset >= DESCRIPTORS) {
            return offset + size <= BYTES ? ringAddress(offset, size) : 0;
        }
        return switch (offset) {
            case 0 -> deviceFeatureSelect;
            case 4 -> half(offered, deviceFeatureSelect);
            case 8 -> driverFeatureSelect;
            case 12 -> half(accepted, driverFeatureSelect);
            case 16 -> configVector;
            case 18 -> queues.size();
            case 20 -> status;
            case 21 -> generation;
            case 22 -> queueSelect;
            case 24 -> selected() ? queue().size() : 0;
            case 26 -> selected() ? queue().vector() : QueueRegisters.NO_VECTOR;
            case 28 -> selected() && queue().isEnabled() ? 1 : 0;
            case 30 -> selected() ? queueSelect : 0;
            default -> 0;
        };
    }

    void write(int offset, int size, long value) {
        if (offset >= DESCRIPTORS) {
            if (selected() && offset + size <= BYTES) {
                writeRingAddress(offset, size, value);
            }
            return;
        }
        switch (offset) {
            case 0 -> deviceFeatureSelect = (int) value;
            case 8 -> driverFeatureSelect = (int) value;
            case 12 -> acceptFeatures(value);
            case 16 -> configVector = vector((int) value);
            case 20 -> writeStatus((int) value & 0xff);
            case 22 -> queueSelect = (int) value & 0xffff;
            case 24 -> ifSelected(() -> queue().size((int) value & 0xffff));
            case 26 -> ifSelected(() -> queue().vector((int) value & 0xffff, vectors));
            case 28 -> ifSelected(() -> enableQueue((int) value & 0xffff));
            default -> {
                // read-only, or nothing there
            }
        }
    }

    private void enableQueue(int value) {
        if (value == 1) {
            queue().enable();
        }
    }

    private void acceptFeatures(long value) {
        boolean settled = (status & DeviceStatus.FEATURES_OK) != 0;
        if (settled || driverFeatureSelect < 0 || driverFeatureSelect > 1) {
            return;
        }
        int shift = 32 * driverFeatureSelect;
        accepted = (accepted & ~(0xffff_ffffL << shift)) | (value & 0xffff_ffffL) << shift;
    }

    private void writeStatus(int written) {
        if (written == 0) {
            listener.resetAsked();
            return;
        }
        int added = written & ~status;
        int refused = (added & DeviceStatus.FEATURES_OK) != 0 && !areFeaturesFine() ? DeviceStatus.FEATURES_OK : 0;
        status |= added & ~refused & ~DeviceStatus.NEEDS_RESET;
        if ((added & DeviceStatus.DRIVER_OK) != 0 && !needsReset()) {
            listener.driverReady();
        }
    }

    private boolean areFeaturesFine() {
        return (accepted & ~offered) == 0 && (accepted & VirtioFeatures.VERSION_1) != 0;
    }

    private int vector(int wanted) {
        int number = wanted & 0xffff;
        return number < vectors ? number : QueueRegisters.NO_VECTOR;
    }

    private long ringAddress(int offset, int size) {
        if (!selected()) {
            return 0;
        }
        long address = queue().address(ring(offset));
        return address >>> (8 * (offset & 7)) & mask(size);
    }

    private void writeRingAddress(int offset, int size, long value) {
        int shift = 8 * (offset & 7);
        if (8 * size + shift > Long.SIZE) {
            return;
        }
        queue().address(ring(offset), mask(size) << shift, (value & mask(size)) << shift);
    }

    private static Ring ring(int offset) {
        return offset < AVAILABLE ? Ring.DESCRIPTORS : offset < USED ? Ring.AVAILABLE : Ring.USED;
    }

    private static long mask(int size) {
        return size >= Long.BYTES ? -1L : (1L << (8 * size)) - 1;
    }

    private static long half(long features, int select) {
        return select == 0 ? features & 0xffff_ffffL : select == 1 ? features >>> 32 : 0;
    }

    private boolean selected() {
        return queueSelect < queues.size();
    }

    private void ifSelected(Runnable action) {
        if (selected()) {
            action.run();
        }
    }

    private QueueRegisters queue() {
        return queues.get(queueSelect);
    }

    void save(StateWriter state) {
        state.u32(deviceFeatureSelect)
                .u32(driverFeatureSelect)
                .u64(accepted)
                .u16(configVector)
                .u8(status)
                .u8(generation)
                .u16(queueSelect)
                .u16(queues.size());
        queues.forEach(queue -> queue.save(state));
    }

    void restore(StateReader state) {
        deviceFeatureSelect = state.u32("device feature select");
        driverFeatureSelect = state.u32("driver feature select");
        long savedFeatures = state.u64("accepted features");
        if ((savedFeatures & ~offered) != 0) {
            throw state.refused(
                    String.format("the driver uses the features 0x%x, accepted are 0x%x", savedFeatures, offered));
        }
        accepted = savedFeatures;
        configVector = vector(state.u16("configuration vector"));
        status = state.u8("status");
        generation = state.u8("generation");
        queueSelect = state.u16("queue select");
        state.between("queues", state.u16("queues"), queues.size(), queues.size());
        queues.forEach(queue -> queue.restore(state, vectors));
    }
}
