package io.godwit.actors.vm;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.godwit.actors.cluster.VmDoor;
import io.godwit.actors.testing.TwoHosts;
import io.godwit.config.MigrationParameters;
import io.godwit.config.device.ConsoleName;
import io.godwit.vmm.device.serial.SerialPort;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What a VM's actor answers about consoles and buttons, over machines whose guests never read. */
@Timeout(120)
class ConsoleRequestsTest {
    @TempDir
    Path directory;

    private TwoHosts hosts;
    private VmView vm;
    private VmDoor door;

    @BeforeEach
    void start() throws Exception {
        hosts = new TwoHosts(new SimulatedMachineFactory());
        Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
        vm = hosts.start("quiet", 64L << 20, 1, kernel, "wss=8 rate=20 fill=8");
        door = TwoHosts.get(hosts.client().door(vm.id()));
    }

    @AfterEach
    void end() {
        hosts.close();
    }

    private CompletionStage<VmActor.Answer> read(long from, long waitMs) {
        return door.request(replyTo -> new ConsoleRequest.ReadConsole(ConsoleName.SERIAL, from, 4096, waitMs, replyTo));
    }

    private long write(String writer, long offset, byte[] bytes) throws Exception {
        VmActor.Answer answer = TwoHosts.get(door.request(
                replyTo -> new ConsoleRequest.WriteConsole(ConsoleName.SERIAL, writer, offset, bytes, replyTo)));
        return ((VmActor.ConsoleWritten) answer).end();
    }

    private long quietEnd() throws Exception {
        // The simulated probe says twice what it does, and nothing more.
        long end = 0;
        for (String text = ""; !text.contains("running"); ) {
            VmActor.Serial output = (VmActor.Serial) TwoHosts.get(read(end, 5000));
            text = new String(output.bytes(), StandardCharsets.US_ASCII);
            end = output.end();
        }
        return end;
    }

    @Test
    void shouldAnswerAReaderThatWaitsWhenItsTimeIsOver() throws Exception {
        long end = quietEnd();
        VmActor.Serial nothing = (VmActor.Serial) TwoHosts.get(read(end, 50));
        assertThat(nothing.bytes()).isEmpty();
        assertThat(nothing.end()).isEqualTo(end);
    }

    @Test
    void shouldLetNoMoreReadersWaitThanItsBoundAndAnswerThemAllWhenTheMachineGoes() throws Exception {
        long end = quietEnd();
        List<CompletionStage<VmActor.Answer>> waiting = new ArrayList<>();
        for (int i = 0; i < VmConsoles.MAX_WAITING; i++) {
            waiting.add(read(end, ConsoleRequest.MAX_WAIT_MS));
        }
        assertThat(((VmActor.Serial) TwoHosts.get(read(end, ConsoleRequest.MAX_WAIT_MS))).bytes())
                .as("one too many is answered at once")
                .isEmpty();
        hosts.ask(vm, VmActor.Stop::new);
        for (CompletionStage<VmActor.Answer> each : waiting) {
            assertThat(((VmActor.Serial) TwoHosts.get(each)).end()).isEqualTo(end);
        }
        Problem off = problem(() -> TwoHosts.get(read(end, 0)));
        assertThat(off.kind()).isEqualTo(Problem.Kind.CONFLICT);
        assertThat(off.detail()).isEqualTo("VM quiet is stopped and has no serial port");
    }

    @Test
    void shouldTakeARepeatedWriteOnceAndNoMoreThanTheDeviceHolds() throws Exception {
        assertThat(write("one", 0, new byte[100])).isEqualTo(100);
        assertThat(write("one", 0, new byte[100])).as("repeated").isEqualTo(100);
        assertThat(write("one", 50, new byte[100])).as("overlapping").isEqualTo(150);
        assertThat(write("two", 0, new byte[50])).as("another writer").isEqualTo(50);
        byte[] much = new byte[2 * SerialPort.MAX_WAITING_INPUT_BYTES];
        long taken = write("one", 150, much) - 150;
        assertThat(taken)
                .isBetween(SerialPort.MAX_WAITING_INPUT_BYTES - 250L, SerialPort.MAX_WAITING_INPUT_BYTES - 150L);
        assertThat(write("one", 150 + taken, much)).as("it is full").isEqualTo(150 + taken);
        assertThat(problem(() -> write("", 0, new byte[1])).detail()).contains("writer of 1 to 64");
    }

    @Test
    void shouldGoOnAtTheTargetWithWhatTheGuestHadNotRead() throws Exception {
        long end = quietEnd();
        byte[] much = new byte[2 * SerialPort.MAX_WAITING_INPUT_BYTES];
        long taken = write("one", write("one", 0, much), much); // again, since a byte has moved on into the receiver
        assertThat(hosts.ended(hosts.migrate(vm, "b", MigrationParameters.NONE)).status())
                .isEqualTo("completed");
        hosts.awaitVm(vm, view -> view.host().equals("b") && view.migrationId() == null);
        door = TwoHosts.get(hosts.client().door(vm.id()));
        assertThat(((VmActor.Serial) TwoHosts.get(read(end, 0))).end()).isEqualTo(end);
        assertThat(write("one", taken, much)).as("full, as it was").isEqualTo(taken);
    }

    @Test
    void shouldSayWhatASimulatedMachineHasNot() throws Exception {
        assertThat(problem(() -> hosts.ask(vm, PowerRequest.PowerDown::new)).detail())
                .isEqualTo("VM quiet has no power button: its machine is simulated");
        assertThat(problem(() -> hosts.ask(vm, PowerRequest.RenewGeneration::new))
                        .detail())
                .contains("no generation id");
        assertThat(hosts.view(vm).status()).isEqualTo(VmStatus.RUNNING);
        hosts.ask(vm, replyTo -> new PowerRequest.StopWithin(60_000, replyTo));
        VmView stopped = hosts.awaitVm(vm, view -> view.status() == VmStatus.STOPPED);
        assertThat(stopped.detail()).contains("no power button", "its power was cut at once");
    }

    private static Problem problem(org.assertj.core.api.ThrowableAssert.ThrowingCallable refused) {
        Throwable failure = catchThrowable(refused);
        assertThat(failure).isInstanceOf(ExecutionException.class);
        return ProblemException.problemOf(failure.getCause());
    }
}
