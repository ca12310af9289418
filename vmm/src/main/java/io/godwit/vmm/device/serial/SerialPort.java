package io.godwit.vmm.device.serial;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.DeviceHealth;
import io.godwit.vmm.GuestConsole;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.SerialLog;
import io.godwit.vmm.bus.InterruptLine;
import io.godwit.vmm.bus.IoHandler;
import io.godwit.vmm.device.EmulatedDevice;
import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.jspecify.annotations.Nullable;

/**
 * The PC's first serial port: a {@link Uart} on its ports and interrupt line, its output kept and streamed, and input
 * waiting in front of its FIFO. Quiesced, it takes input but passes none to the guest; handed over, it takes none: what
 * came after its state was saved would be lost.
 */
public final class SerialPort implements EmulatedDevice, GuestConsole, IoHandler {
    public static final String ID = "serial/0";
    public static final int PORT = 0x3f8;
    public static final int PORTS = Uart.REGISTERS;
    public static final int GSI = 4;
    public static final int MAX_WAITING_INPUT_BYTES = 4096;
    public static final int VERSION = 1;

    private final InterruptLine line;
    private final KeptOutput output = new KeptOutput();
    private final ByteQueue waiting = new ByteQueue(MAX_WAITING_INPUT_BYTES);
    private final byte[] transmitted = new byte[1];
    private Uart uart = new Uart();
    private boolean lineHigh;
    private boolean quiesced;
    private boolean handedOver;

    public SerialPort(InterruptLine line) {
        this.line = line;
    }

    @Override
    public SerialLog log() {
        return output;
    }

    @Override
    public synchronized int input(byte[] bytes) {
        int accepted = handedOver ? 0 : Math.min(bytes.length, waiting.free());
        for (int i = 0; i < accepted; i++) {
            waiting.offer(bytes[i]);
        }
        settle();
        return accepted;
    }

    @Override
    public synchronized long read(long offset, int size) {
        long value = 0;
        for (int i = 0; i < size; i++) {
            value |= (long) uart.read((int) offset + i) << (8 * i);
        }
        settle();
        return value;
    }

    @Override
    public synchronized @Nullable MachineEvent write(long offset, int size, long value) {
        for (int i = 0; i < size; i++) {
            int register = (int) offset + i;
            // The interrupt is edge-triggered, so the line has to fall before the transmitter is empty again.
            uart.beginWrite(register);
            settle();
            uart.write(register, (int) (value >>> (8 * i)) & 0xff, this::transmit);
        }
        settle();
        return null;
    }

    private void transmit(int value) {
        transmitted[0] = (byte) value;
        output.append(transmitted, 0, 1);
    }

    /** Moves waiting input into the FIFO and brings the interrupt line to where the registers say. */
    private void settle() {
        while (!quiesced && uart.isListening() && waiting.size() > 0 && uart.hasRoom()) {
            uart.receive(waiting.poll());
        }
        boolean high = uart.interruptPending();
        if (high != lineHigh) {
            lineHigh = high;
            line.set(high);
        }
    }

    @Override
    public String id() {
        return ID;
    }

    @Override
    public int stateVersion() {
        return VERSION;
    }

    @Override
    public synchronized ComponentState save() {
        StateWriter writer = new StateWriter();
        uart.save(writer);
        writer.bytes(waiting.toBytes());
        output.save(writer);
        return new ComponentState(ID, VERSION, writer.toBytes());
    }

    @Override
    public synchronized void restore(ComponentState state) {
        StateReader reader = StateReader.of(state);
        Uart restored = Uart.restore(reader);
        byte[] input = reader.bytes("waiting input", MAX_WAITING_INPUT_BYTES);
        KeptOutput.Saved kept = KeptOutput.read(reader);
        reader.end();
        uart = restored;
        waiting.replace(input);
        kept.apply(output);
        // The interrupt controllers forget who held their lines, so the level is said again.
        lineHigh = uart.interruptPending();
        line.set(lineHigh);
    }

    @Override
    public synchronized void reset() {
        uart = new Uart();
        waiting.clear();
        lineHigh = false;
        line.set(false);
    }

    @Override
    public synchronized CompletionStage<Void> quiesce() {
        quiesced = true;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public synchronized CompletionStage<Void> handOver() {
        handedOver = true;
        return CompletableFuture.completedFuture(null);
    }

    @Override
    public synchronized Optional<DeviceHealth> health() {
        return Optional.of(DeviceHealth.of(quiesced ? DeviceHealth.State.QUIESCED : DeviceHealth.State.ACTIVE));
    }

    @Override
    public synchronized CompletionStage<Void> resume() {
        quiesced = false;
        handedOver = false;
        settle();
        return CompletableFuture.completedFuture(null);
    }
}
