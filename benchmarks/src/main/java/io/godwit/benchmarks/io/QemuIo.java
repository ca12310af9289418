package io.godwit.benchmarks.io;

import io.godwit.integration.harness.ChildProcess;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** QEMU, a fresh process for each guest. */
final class QemuIo implements IoSubject {
    private static final String BINARY = "qemu-system-x86_64";
    private static final long END_LIMIT_S = 20;

    private final Setting setting;
    private final Tap tap;

    QemuIo(Setting setting, Tap tap) {
        this.setting = setting;
        this.tap = tap;
    }

    @Override
    public String name() {
        return "qemu";
    }

    @Override
    public List<JobResult> run() throws IOException, InterruptedException {
        Path serial = setting.scratch().resolve("qemu.serial");
        Path log = setting.scratch().resolve("qemu.log");
        Files.deleteIfExists(serial);
        tap.up();
        Process process = ChildProcess.start(command(serial), Map.of(), log);
        try {
            List<JobResult> results = new GuestRun(serial, setting.jobs(), tap).await();
            if (!process.waitFor(END_LIMIT_S, TimeUnit.SECONDS)) {
                throw new IOException(BINARY + " did not end with its guest");
            }
            return results;
        } catch (IOException failed) {
            throw new IOException(failed.getMessage() + "; QEMU printed: " + Files.readString(log), failed);
        } finally {
            process.destroyForcibly().waitFor();
        }
    }

    private List<String> command(Path serial) {
        String cache = setting.direct() ? "cache=none,aio=native" : "cache=writeback";
        List<String> command = new ArrayList<>(List.of(BINARY, "-nodefaults", "-no-user-config", "-display", "none"));
        command.addAll(List.of("-enable-kvm", "-cpu", "host,-arch-capabilities", "-M", "pc", "-smp", "1"));
        command.addAll(List.of("-m", Setting.MEMORY_MIB + "M", "-serial", "file:" + serial));
        command.addAll(List.of("-kernel", setting.kernel().toString(), "-append", setting.commandLine()));
        command.addAll(List.of("-drive", "file=" + setting.image() + ",format=raw,if=none,id=disk," + cache));
        command.addAll(List.of("-device", "virtio-blk-pci,disable-legacy=on,drive=disk"));
        command.addAll(List.of("-netdev", "tap,id=net,script=no,downscript=no,vhost=off,ifname=" + tap.name()));
        command.addAll(List.of("-device", "virtio-net-pci,disable-legacy=on,netdev=net,romfile=,mac=" + tap.mac()));
        command.addAll(List.of("-device", "isa-debug-exit,iobase=0xf4,iosize=4"));
        return command;
    }
}
