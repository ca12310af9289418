package io.godwit.vmm.device.serial;

import io.godwit.vmm.state.StateReader;
import io.godwit.vmm.state.StateWriter;

/**
 * The registers of a 16550A (National Semiconductor PC16550D data sheet). It transmits at once, so the transmitter is
 * always empty, and a character below the receive trigger counts as timed out at once. Not thread-safe; whoever holds
 * it looks at {@link #interruptPending()} after each access.
 */
final class Uart {
    static final int FIFO_BYTES = 16;
    static final int REGISTERS = 8;

    private static final int IER_RECEIVED = 0x01;
    private static final int IER_TRANSMIT_EMPTY = 0x02;
    private static final int IER_LINE_STATUS = 0x04;
    private static final int IER_MODEM_STATUS = 0x08;
    private static final int IIR_NONE = 0x01;
    private static final int IIR_MODEM_STATUS = 0x00;
    private static final int IIR_TRANSMIT_EMPTY = 0x02;
    private static final int IIR_RECEIVED = 0x04;
    private static final int IIR_LINE_STATUS = 0x06;
    private static final int IIR_TIMEOUT = 0x0c;
    private static final int IIR_FIFO_ON = 0xc0;
    private static final int FCR_ENABLE = 0x01;
    private static final int FCR_CLEAR_RECEIVE = 0x02;
    private static final int FCR_KEPT = 0xc9;
    private static final int LCR_DIVISOR = 0x80;
    private static final int MCR_LOOPBACK = 0x10;
    private static final int MCR_KEPT = 0x1f;
    private static final int LSR_DATA = 0x01;
    private static final int LSR_OVERRUN = 0x02;
    private static final int LSR_TRANSMIT_EMPTY = 0x60;
    /** The other end is there and ready: CTS, DSR and DCD. */
    private static final int MSR_CONNECTED = 0xb0;

    private static final int[] TRIGGERS = {1, 4, 8, 14};

    private final ByteQueue received = new ByteQueue(FIFO_BYTES);
    private int divisor = 1;
    private int interruptEnable;
    private int fifoControl;
    private int lineControl = 0x03;
    private int modemControl;
    private int modemStatus = MSR_CONNECTED;
    private int scratch;
    private boolean overrun;
    private boolean transmitEmptyPending;

    /** Takes bytes that the guest transmits. */
    interface Output {
        void transmit(int value);
    }

    int read(int register) {
        return switch (register) {
            case 0 -> divisorSelected() ? divisor & 0xff : readReceived();
            case 1 -> divisorSelected() ? divisor >> 8 : interruptEnable;
            case 2 -> readInterruptId();
            case 3 -> lineControl;
            case 4 -> modemControl;
            case 5 -> readLineStatus();
            case 6 -> readModemStatus();
            case 7 -> scratch;
            default -> throw new IllegalArgumentException("UART register " + register);
        };
    }

    void write(int register, int value, Output output) {
        switch (register) {
            case 0 -> {
                if (divisorSelected()) {
                    divisor = (divisor & 0xff00) | value;
                } else {
                    transmit(value, output);
                }
            }
            case 1 -> {
                if (divisorSelected()) {
                    divisor = (divisor & 0xff) | (value << 8);
                } else {
                    enableInterrupts(value & 0x0f);
                }
            }
            case 2 -> controlFifo(value);
            case 3 -> lineControl = value;
            case 4 -> controlModem(value & MCR_KEPT);
            case 7 -> scratch = value;
            default -> {
                // The status registers are not written in normal operation.
            }
        }
    }

    /** Puts one received byte into the FIFO; false when there is no room, and then nothing is lost. */
    boolean receive(int value) {
        return hasRoom() && received.offer(value);
    }

    boolean hasRoom() {
        return received.size() < capacity();
    }

    /** Whether bytes from outside reach the receiver. */
    boolean isListening() {
        return !loopback();
    }

    boolean interruptPending() {
        return interruptId() != IIR_NONE;
    }

    /** Begins a write: a transmitter that is given a byte is no longer empty until the write is done. */
    void beginWrite(int register) {
        if (register == 0 && !divisorSelected()) {
            transmitEmptyPending = false;
        }
    }

    private void transmit(int value, Output output) {
        if (loopback()) {
            if (!receive(value)) {
                overrun = true;
            }
        } else {
            output.transmit(value);
        }
        transmitEmptyPending = true;
    }

    private void enableInterrupts(int enabled) {
        boolean risen = (enabled & ~interruptEnable & IER_TRANSMIT_EMPTY) != 0;
        transmitEmptyPending |= risen;
        interruptEnable = enabled;
    }

    private void controlFifo(int value) {
        boolean switched = ((value ^ fifoControl) & FCR_ENABLE) != 0;
        if (switched || (value & FCR_CLEAR_RECEIVE) != 0) {
            received.clear();
        }
        fifoControl = (value & FCR_ENABLE) != 0 ? value & FCR_KEPT : 0;
    }

    private void controlModem(int value) {
        modemControl = value;
        int lines = lines();
        int changed = (lines ^ modemStatus) & 0xf0;
        int deltas = changed >> 4;
        // The ring indicator counts only when it ends.
        if ((changed & 0x40) != 0 && (lines & 0x40) != 0) {
            deltas &= ~0x04;
        }
        modemStatus = lines | (modemStatus & 0x0f) | deltas;
    }

    /** In loopback RTS, DTR, OUT1 and OUT2 are wired to CTS, DSR, RI and DCD. */
    private int lines() {
        if (!loopback()) {
            return MSR_CONNECTED;
        }
        return (modemControl & 0x02) << 3 | (modemControl & 0x01) << 5 | (modemControl & 0x0c) << 4;
    }

    private int readReceived() {
        int value = received.poll();
        return value < 0 ? 0 : value;
    }

    private int readInterruptId() {
        int id = interruptId();
        if (id == IIR_TRANSMIT_EMPTY) {
            transmitEmptyPending = false;
        }
        return id | (fifoOn() ? IIR_FIFO_ON : 0);
    }

    private int readLineStatus() {
        int status = LSR_TRANSMIT_EMPTY | (received.size() > 0 ? LSR_DATA : 0) | (overrun ? LSR_OVERRUN : 0);
        overrun = false;
        return status;
    }

    private int readModemStatus() {
        int status = modemStatus;
        modemStatus &= 0xf0;
        return status;
    }

    private int interruptId() {
        if ((interruptEnable & IER_LINE_STATUS) != 0 && overrun) {
            return IIR_LINE_STATUS;
        }
        if ((interruptEnable & IER_RECEIVED) != 0 && received.size() > 0) {
            return received.size() >= trigger() ? IIR_RECEIVED : IIR_TIMEOUT;
        }
        if ((interruptEnable & IER_TRANSMIT_EMPTY) != 0 && transmitEmptyPending) {
            return IIR_TRANSMIT_EMPTY;
        }
        if ((interruptEnable & IER_MODEM_STATUS) != 0 && (modemStatus & 0x0f) != 0) {
            return IIR_MODEM_STATUS;
        }
        return IIR_NONE;
    }

    private int trigger() {
        return fifoOn() ? TRIGGERS[fifoControl >> 6] : 1;
    }

    private int capacity() {
        return fifoOn() ? FIFO_BYTES : 1;
    }

    private boolean fifoOn() {
        return (fifoControl & FCR_ENABLE) != 0;
    }

    private boolean loopback() {
        return (modemControl & MCR_LOOPBACK) != 0;
    }

    private boolean divisorSelected() {
        return (lineControl & LCR_DIVISOR) != 0;
    }

    void save(StateWriter writer) {
        writer.u16(divisor).u8(interruptEnable).u8(fifoControl).u8(lineControl).u8(modemControl);
        writer.u8(modemStatus).u8(scratch).flag(overrun).flag(transmitEmptyPending);
        writer.bytes(received.toBytes());
    }

    /** @throws io.godwit.vmm.MachineException naming the register that was refused */
    static Uart restore(StateReader reader) {
        Uart uart = new Uart();
        uart.divisor = reader.u16("divisor");
        uart.interruptEnable = reader.u8("interrupt enable register", 0, 0x0f);
        uart.fifoControl = reader.u8("FIFO control register") & FCR_KEPT;
        uart.lineControl = reader.u8("line control register");
        uart.modemControl = reader.u8("modem control register", 0, MCR_KEPT);
        uart.modemStatus = reader.u8("modem status register");
        uart.scratch = reader.u8("scratch register");
        uart.overrun = reader.flag("overrun");
        uart.transmitEmptyPending = reader.flag("transmitter empty pending");
        uart.received.replace(reader.bytes("receive FIFO", uart.capacity()));
        return uart;
    }
}
