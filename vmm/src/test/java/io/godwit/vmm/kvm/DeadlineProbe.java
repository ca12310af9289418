package io.godwit.vmm.kvm;

import io.godwit.config.DirtyLogKind;
import io.godwit.config.VmSpec;
import io.godwit.kvm.linux.BoottimeClock;
import io.godwit.vmm.Machine;
import io.godwit.vmm.Vcpu;
import io.godwit.vmm.probe.GuestMemoryFile;
import io.godwit.vmm.probe.ProbeCounters;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A probe guest in a JVM of its own, so that all of that JVM but its vCPU threads can be stopped. Lines in: an instant of
 * {@link BoottimeClock} to run until. Lines out: {@code running}, {@code armed}, {@code passed INSTANT}.
 */
final class DeadlineProbe implements AutoCloseable {
    /** So short that Linux keeps all of its vCPU's thread's name. */
    static final String VM = "dl";

    /** Who stops the guest. */
    enum Keeper {
        KERNEL,
        /** The mistake: a thread of the JVM looks at the clock and pauses the vCPU. */
        JVM_WATCHDOG
    }

    private final Process process;
    private final BufferedReader output;

    private DeadlineProbe(Process process) {
        this.process = process;
        this.output = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.US_ASCII));
    }

    /** Returns when the guest runs. */
    static DeadlineProbe start(Keeper keeper, Path kernel, Path log) throws IOException {
        List<String> command = Stream.concat(
                        Stream.of(
                                "/bin/sh",
                                "-c",
                                "\"$@\"; exit $?",
                                "sh",
                                Path.of(System.getProperty("java.home"), "bin", "java")
                                        .toString(),
                                "-Xmx128m",
                                "--add-opens",
                                "java.base/jdk.internal.misc=ALL-UNNAMED",
                                "-cp",
                                System.getProperty("java.class.path")),
                        Stream.of(DeadlineProbe.class.getName(), keeper.name(), kernel.toString()))
                .toList();
        DeadlineProbe probe = new DeadlineProbe(new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start());
        probe.expect("running");
        return probe;
    }

    /** Of the JVM, which is a child of the process that was started: who traces it must not be who waits for its end. */
    long pid() {
        return jvm().pid();
    }

    private ProcessHandle jvm() {
        return process.children().findFirst().orElseThrow();
    }

    GuestMemoryFile memory() {
        return GuestMemoryFile.ofGodwit(pid(), VM);
    }

    /** Returns when the deadline is set. */
    void runUntil(long boottimeNs) throws IOException {
        process.getOutputStream().write((boottimeNs + "\n").getBytes(StandardCharsets.US_ASCII));
        process.getOutputStream().flush();
        expect("armed");
    }

    /** Waits for what the machine says when its deadline has passed. */
    void awaitPassed(long boottimeNs) throws IOException {
        expect("passed " + boottimeNs);
    }

    /** Passes over what the machine logs. */
    private void expect(String line) throws IOException {
        String last = "";
        for (String read = output.readLine(); read != null; read = output.readLine()) {
            if (read.equals(line)) {
                return;
            }
            last = read;
        }
        throw new IllegalStateException("the probe's process ended with \"" + last + "\"; expected \"" + line + "\"");
    }

    @Override
    public void close() {
        process.children().forEach(ProcessHandle::destroyForcibly);
        process.onExit().orTimeout(10, TimeUnit.SECONDS).join(); // the shell ends with its child
    }

    public static void main(String[] args) throws Exception {
        VmSpec spec =
                new VmSpec(VM, 64L << 20, 1, args[1], "wss=8 rate=100", null, DirtyLogKind.BITMAP, new TreeSet<>());
        try (KvmMachineFactory factory = KvmMachineFactory.open();
                Machine machine = factory.create(spec)) {
            machine.onDeadline(passedNs -> System.out.println("passed " + passedNs));
            machine.boot();
            KvmMachines.resume(machine);
            while (!KvmMachines.counters(machine).map(ProbeCounters::ready).orElse(false)) {
                Thread.onSpinWait();
            }
            // The first time loads classes, which a stopped JVM cannot.
            machine.runUntil(BoottimeClock.nowNs() + TimeUnit.HOURS.toNanos(1));
            System.out.println("running");
            BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.US_ASCII));
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                keep(Keeper.valueOf(args[0]), machine, Long.parseLong(line));
                System.out.println("armed");
            }
        }
    }

    private static void keep(Keeper keeper, Machine machine, long untilNs) {
        if (keeper == Keeper.KERNEL) {
            machine.runUntil(untilNs);
        } else {
            var unused = Executors.newSingleThreadScheduledExecutor()
                    .schedule(
                            () -> machine.vcpus().forEach(Vcpu::pause),
                            untilNs - BoottimeClock.nowNs(),
                            TimeUnit.NANOSECONDS);
        }
    }
}
