package io.godwit.benchmarks.io;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.Network;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.DiskSpec.CacheMode;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import io.godwit.vmm.Device;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.kvm.KvmMachineFactory;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * The JVM that Godwit's machines run in: one for each line of its input, each until its guest has said its last line.
 * Arguments: kernel, image, whether past the page cache, MAC, file for the serial port, the guest's command line.
 */
final class MachineProcess {
    /** Printed when a machine is gone. */
    static final String ENDED = "ended";

    private static final String END = "drive: end";
    private static final String HERE = "bench";
    private static final long POLL_MS = 5;
    private static final long LIMIT_S = 20;
    private static final int CHUNK_BYTES = 64 << 10;

    private MachineProcess() {}

    public static void main(String[] arguments) throws Exception {
        Path image = Path.of(arguments[1]);
        CacheMode cache = Boolean.parseBoolean(arguments[2]) ? CacheMode.NONE : CacheMode.WRITEBACK;
        VmSpec spec = new VmSpec(
                HERE,
                (long) Setting.MEMORY_MIB << 20,
                1,
                arguments[0],
                arguments[5],
                null,
                DirtyLogKind.BITMAP,
                Collections.emptySortedSet(),
                List.of(new DiskSpec(new VolumeRef(HERE, image.getFileName().toString()), false, cache, 1)),
                List.of(new NicSpec(HERE, arguments[3], 1)),
                Collections.emptySortedSet());
        Resources resources = new Resources(
                List.of(new StoragePool(HERE, image.resolveSibling(""), PoolKind.LOCAL)),
                List.of(new Network(HERE, Optional.empty())));
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        try (KvmMachineFactory factory = KvmMachineFactory.open(resources)) {
            while (orders.readLine() != null) {
                try (Machine machine = factory.create(spec)) {
                    start(machine);
                    copySerial(machine, Path.of(arguments[4]));
                }
                System.out.println(ENDED);
            }
        }
    }

    private static void start(Machine machine) throws Exception {
        machine.boot();
        for (Device device : machine.devices()) {
            device.resume().toCompletableFuture().get(LIMIT_S, TimeUnit.SECONDS);
        }
        for (Vcpu vcpu : machine.vcpus()) {
            vcpu.resume().toCompletableFuture().get(LIMIT_S, TimeUnit.SECONDS);
        }
    }

    private static void copySerial(Machine machine, Path file) throws IOException, InterruptedException {
        StringBuilder all = new StringBuilder();
        long position = 0;
        try (OutputStream out = Files.newOutputStream(file)) {
            while (all.indexOf(END) < 0 || all.charAt(all.length() - 1) != '\n') {
                byte[] bytes = machine.serial().read(position, CHUNK_BYTES).bytes();
                position += bytes.length;
                all.append(new String(bytes, StandardCharsets.ISO_8859_1));
                out.write(bytes);
                out.flush();
                Thread.sleep(POLL_MS);
            }
        }
    }
}
