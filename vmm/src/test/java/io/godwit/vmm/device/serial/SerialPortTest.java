package io.godwit.vmm.device.serial;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.vmm.ComponentState;
import io.godwit.vmm.MachineException;
import io.godwit.vmm.SerialLog;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class SerialPortTest {
    private static final int DATA = 0;
    private static final int IER = 1;
    private static final int IIR = 2;
    private static final int LCR = 3;
    private static final int MCR = 4;
    private static final int LSR = 5;
    private static final int MSR = 6;
    private static final int SCRATCH = 7;

    private final List<Boolean> edges = new ArrayList<>();
    private final SerialPort port = new SerialPort(edges::add);

    private int in(int register) {
        return (int) port.read(register, 1);
    }

    private void out(int register, int value) {
        port.write(register, 1, value);
    }

    private String written() {
        return new String(port.log().read(0, 1 << 20).bytes(), StandardCharsets.US_ASCII);
    }

    @Test
    void shouldKeepWhatTheGuestWrites() {
        out(DATA, 'h');
        port.write(DATA, 1, 'i');
        assertThat(written()).isEqualTo("hi");
        assertThat(in(LSR)).isEqualTo(0x60);
        assertThat(edges).isEmpty();
    }

    @Test
    void shouldHideTheDivisorBehindItsLatch() {
        out(LCR, 0x83);
        out(DATA, 0x0c);
        out(IER, 0x01);
        assertThat(in(DATA)).isEqualTo(0x0c);
        assertThat(in(IER)).isEqualTo(0x01);
        out(LCR, 0x03);
        assertThat(in(IER)).isZero();
        assertThat(written()).isEmpty();
    }

    @Test
    void shouldLookLikeA16550aToADriverThatProbes() {
        out(2, 0x01);
        assertThat(in(IIR) & 0xc0).isEqualTo(0xc0);
        out(2, 0);
        assertThat(in(IIR) & 0xc0).isZero();
        out(IER, 0xff);
        assertThat(in(IER)).isEqualTo(0x0f);
        out(SCRATCH, 0x5a);
        assertThat(in(SCRATCH)).isEqualTo(0x5a);
        // The loopback test of Linux: RTS and OUT2 show up as CTS and DCD.
        out(MCR, 0x10 | 0x0a);
        assertThat(in(MSR) & 0xf0).isEqualTo(0x90);
        out(MCR, 0);
        assertThat(in(MSR) & 0xf0).isEqualTo(0xb0);
    }

    @Test
    void shouldInterruptForEachByteTransmittedAndForEnabling() {
        out(IER, 0x02);
        assertThat(edges).containsExactly(true);
        assertThat(in(IIR) & 0x0f).isEqualTo(0x02);
        assertThat(edges).containsExactly(true, false);
        assertThat(in(IIR) & 0x0f).isEqualTo(0x01);
        out(DATA, 'a');
        out(DATA, 'b');
        assertThat(edges).containsExactly(true, false, true, false, true);
    }

    @Test
    void shouldInterruptForInputAndRankItAboveTheTransmitter() {
        out(2, 0xc1);
        out(IER, 0x03);
        port.input("x".getBytes(StandardCharsets.US_ASCII));
        assertThat(in(IIR) & 0x0f).as("below the trigger: a timeout").isEqualTo(0x0c);
        port.input("0123456789abc".getBytes(StandardCharsets.US_ASCII));
        assertThat(in(IIR) & 0x0f).as("14 bytes reach the trigger").isEqualTo(0x04);
        assertThat(in(LSR) & 0x01).isEqualTo(1);
        assertThat(in(DATA)).isEqualTo('x');
        for (int i = 0; i < 13; i++) {
            in(DATA);
        }
        assertThat(in(LSR) & 0x01).isZero();
        assertThat(in(IIR) & 0x0f).isEqualTo(0x02);
        assertThat(edges).containsExactly(true, false);
    }

    @Test
    void shouldHoldInputBackUntilTheGuestReadsAndRefuseMoreThanItsBound() {
        byte[] much = new byte[5000];
        for (int i = 0; i < much.length; i++) {
            much[i] = (byte) i;
        }
        int accepted = port.input(much);
        assertThat(accepted).isEqualTo(SerialPort.MAX_WAITING_INPUT_BYTES);
        assertThat(port.input(much)).as("one byte moved on into the receiver").isEqualTo(1);
        for (int i = 0; i < accepted; i++) {
            assertThat(in(DATA)).isEqualTo(i & 0xff);
        }
        assertThat(in(LSR) & 0x02).as("no overrun").isZero();
    }

    @Test
    void shouldLoopBackWithAnOverrunWhenNobodyReads() {
        out(MCR, 0x10);
        port.input(new byte[] {1});
        out(DATA, 'q');
        out(DATA, 'r');
        assertThat(written()).isEmpty();
        assertThat(in(LSR) & 0x03).isEqualTo(0x03);
        assertThat(in(LSR) & 0x03).isEqualTo(0x01);
        assertThat(in(DATA)).isEqualTo('q');
        out(MCR, 0);
        assertThat(in(DATA)).as("outside input comes when the loop ends").isEqualTo(1);
    }

    @Test
    void shouldReportModemChangesOnce() {
        out(IER, 0x08);
        out(MCR, 0x10);
        assertThat(in(IIR) & 0x0f).isZero();
        assertThat(in(MSR)).isEqualTo(0x0b);
        assertThat(in(MSR)).isZero();
        assertThat(edges).containsExactly(true, false);
    }

    @Test
    void shouldDropTheOldestOutputAndSayWhereItBegins() {
        byte[] line = new byte[1000];
        for (int i = 0; i < 300; i++) {
            Arrays.fill(line, (byte) i);
            for (byte value : line) {
                out(DATA, value);
            }
        }
        SerialLog log = port.log();
        assertThat(log.position()).isEqualTo(300_000);
        SerialLog.Chunk chunk = log.read(0, 10);
        assertThat(chunk.position()).isEqualTo(300_000 - KeptOutput.CAPACITY_BYTES);
        assertThat(chunk.bytes()).hasSize(10).containsOnly((int) (byte) (chunk.position() / 1000));
        assertThat(log.read(299_990, 100).bytes()).hasSize(10).containsOnly((byte) 299);
        assertThat(log.read(400_000, 10)).satisfies(end -> {
            assertThat(end.position()).isEqualTo(300_000);
            assertThat(end.bytes()).isEmpty();
        });
    }

    @Test
    void shouldStreamToSubscribersUntilTheyLeaveAndSurviveTheirFailures() throws Exception {
        List<String> heard = new ArrayList<>();
        AutoCloseable failing = port.log().subscribe(chunk -> {
            throw new IllegalStateException("listener");
        });
        AutoCloseable subscription =
                port.log().subscribe(chunk -> heard.add(chunk.position() + ":" + (char) chunk.bytes()[0]));
        out(DATA, 'a');
        out(DATA, 'b');
        subscription.close();
        out(DATA, 'c');
        failing.close();
        assertThat(heard).containsExactly("0:a", "1:b");
    }

    @Test
    void shouldGoOnElsewhereWithRegistersInputAndOutput() {
        "kept".chars().forEach(letter -> out(DATA, letter));
        out(2, 0x41);
        out(IER, 0x01);
        out(SCRATCH, 0x77);
        port.input("0123456789abcdefgh".getBytes(StandardCharsets.US_ASCII));
        port.quiesce();

        List<Boolean> levels = new ArrayList<>();
        SerialPort other = new SerialPort(levels::add);
        other.restore(port.save());

        assertThat(other.save()).isEqualTo(port.save());
        assertThat(levels).as("the line is raised again").containsExactly(true);
        assertThat(other.read(SCRATCH, 1)).isEqualTo(0x77);
        assertThat(other.log().position()).isEqualTo(4);
        assertThat(other.log().read(0, 10).bytes()).asString().isEqualTo("kept");
        StringBuilder read = new StringBuilder();
        while ((other.read(LSR, 1) & 1) != 0) {
            read.append((char) other.read(DATA, 1));
        }
        assertThat(read).hasToString("0123456789abcdefgh");
    }

    @Test
    void shouldPassNoInputWhileQuiesced() {
        out(IER, 0x01);
        port.quiesce();
        assertThat(port.input(new byte[] {1})).isEqualTo(1);
        assertThat(edges).isEmpty();
        assertThat(in(LSR) & 1).isZero();
        port.resume();
        assertThat(edges).containsExactly(true);
    }

    @Test
    void shouldKeepItsOutputAcrossAReset() {
        out(DATA, 'a');
        out(IER, 0x02);
        port.reset();
        assertThat(edges).containsExactly(true, false);
        assertThat(in(IER)).isZero();
        assertThat(written()).isEqualTo("a");
    }

    @Test
    void shouldRefuseEveryTruncatedStateAndKeepItsOwn() {
        out(DATA, 'a');
        byte[] bytes = port.save().bytes();
        SerialPort other = new SerialPort(edges::add);
        ComponentState before = other.save();
        for (int length = 0; length < bytes.length; length++) {
            ComponentState cut = new ComponentState(SerialPort.ID, 1, Arrays.copyOf(bytes, length));
            assertThatThrownBy(() -> other.restore(cut))
                    .isInstanceOf(MachineException.class)
                    .hasMessageStartingWith("serial/0: ");
        }
        assertThat(other.save()).isEqualTo(before);
    }
}
