package io.godwit.vmm.kvm;

import static io.godwit.vmm.kvm.KvmMachines.events;
import static io.godwit.vmm.kvm.KvmMachines.next;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.vmm.Machine;
import io.godwit.vmm.MachineEvent;
import io.godwit.vmm.boot.TestElf;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.TreeSet;
import java.util.concurrent.BlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** How long a machine of 1 GiB takes from its definition to the first exit of its guest. */
@Timeout(120)
class StartTimeTest {
    private static final int ROUNDS = 40;

    @Test
    void shouldStartWithinTwoHundredMilliseconds(@TempDir Path directory) throws Exception {
        try (KvmMachines machines = new KvmMachines(directory)) {
            Path kernel = machines.file(TestElf.kernel(new Code().exit(1).stop().build()));
            VmSpec spec =
                    new VmSpec("start", 1L << 30, 1, kernel.toString(), "", null, DirtyLogKind.BITMAP, new TreeSet<>());
            double[] wholeMs = new double[ROUNDS];
            double[] createMs = new double[ROUNDS];
            for (int round = 0; round < ROUNDS; round++) {
                long start = System.nanoTime();
                Machine machine = machines.factory().create(spec);
                createMs[round] = (System.nanoTime() - start) / 1e6;
                BlockingQueue<MachineEvent> events = events(machine);
                machine.boot();
                KvmMachines.resume(machine);
                next(events);
                wholeMs[round] = (System.nanoTime() - start) / 1e6;
                machine.close();
            }
            System.out.printf("first: create %.1f ms, first exit %.1f ms%n", createMs[0], wholeMs[0]);
            Arrays.sort(createMs);
            Arrays.sort(wholeMs);
            System.out.printf(
                    "median of %d: create %.1f ms, first exit %.1f ms%n",
                    ROUNDS, createMs[ROUNDS / 2], wholeMs[ROUNDS / 2]);
            assertThat(wholeMs[ROUNDS / 2]).isLessThan(200);
        }
    }
}
