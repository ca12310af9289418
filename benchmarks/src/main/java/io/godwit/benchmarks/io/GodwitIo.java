package io.godwit.benchmarks.io;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongFunction;

/** Godwit: one JVM, which stays, as a node does, while guests come and go. */
final class GodwitIo implements IoSubject {
    private final Process process;
    private final BufferedReader answers;
    private final Writer orders;
    private final Setting setting;
    private final Tap tap;

    private GodwitIo(Process process, Setting setting, Tap tap) {
        this.process = process;
        this.answers = new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
        this.orders = new OutputStreamWriter(process.getOutputStream(), StandardCharsets.UTF_8);
        this.setting = setting;
        this.tap = tap;
    }

    /** @param tapOf makes the tap for a machine in the process of this id */
    static GodwitIo start(Path jdkHome, Setting setting, String mac, LongFunction<Tap> tapOf) throws IOException {
        List<String> command = new ArrayList<>(List.of("setpriv", "--pdeathsig", "KILL"));
        command.add(jdkHome.resolve("bin/java").toString());
        command.addAll(
                List.of("--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED", "-XX:+UseG1GC", "-Xms256m", "-Xmx256m"));
        command.addAll(List.of("--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"));
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), MachineProcess.class.getName()));
        command.addAll(List.of(setting.kernel().toString(), setting.image().toString()));
        command.addAll(
                List.of(Boolean.toString(setting.direct()), mac, serial(setting).toString(), setting.commandLine()));
        Process process = new ProcessBuilder(command)
                .redirectError(setting.scratch().resolve("godwit.log").toFile())
                .start();
        try {
            return new GodwitIo(process, setting, tapOf.apply(process.pid()));
        } catch (RuntimeException failed) {
            process.destroyForcibly();
            throw failed;
        }
    }

    private static Path serial(Setting setting) {
        return setting.scratch().resolve("godwit.serial");
    }

    Tap tap() {
        return tap;
    }

    @Override
    public String name() {
        return "godwit";
    }

    @Override
    public List<JobResult> run() throws IOException, InterruptedException {
        Files.deleteIfExists(serial(setting));
        orders.write("run\n");
        orders.flush();
        List<JobResult> results = new GuestRun(serial(setting), setting.jobs(), tap).await();
        String line;
        do {
            line = answers.readLine();
            if (line == null) {
                throw new IOException("Godwit's process ended; see godwit.log in " + setting.scratch());
            }
        } while (!line.equals(MachineProcess.ENDED));
        return results;
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }
}
