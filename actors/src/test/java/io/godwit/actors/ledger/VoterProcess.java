package io.godwit.actors.ledger;

import io.godwit.control.permit.PermitTimes;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A voter in a JVM of its own, so that it can be killed. */
final class VoterProcess implements AutoCloseable {
    private final Process process;

    private VoterProcess(Process process) {
        this.process = process;
    }

    static VoterProcess start(LedgerSettings settings, Path log) throws IOException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-XX:+UseSerialGC",
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                VoterProcess.class.getName(),
                settings.selfId(),
                settings.storageDir().toString()));
        settings.voters().forEach(voter -> command.add(voter.id() + "=" + voter.port()));
        return new VoterProcess(new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()))
                .start());
    }

    /** SIGKILL: no goodbye, nothing flushed. */
    void kill() throws InterruptedException {
        process.destroyForcibly();
        process.waitFor(10, TimeUnit.SECONDS);
    }

    /** @param name as kill(1) takes it: STOP, CONT */
    void signal(String name) throws IOException, InterruptedException {
        Process kill = new ProcessBuilder("kill", "-" + name, String.valueOf(process.pid())).start();
        if (kill.waitFor() != 0) {
            throw new IOException("kill -" + name + " ended with " + kill.exitValue());
        }
    }

    @Override
    public void close() {
        process.destroyForcibly();
    }

    public static void main(String[] args) throws Exception {
        List<LedgerSettings.Voter> voters = new ArrayList<>();
        for (int i = 2; i < args.length; i++) {
            String[] voter = args[i].split("=");
            voters.add(new LedgerSettings.Voter(voter[0], "127.0.0.1", Integer.parseInt(voter[1])));
        }
        LedgerServer.start(
                new LedgerSettings("test", voters, args[0], Path.of(args[1]), LedgerSettings.Timeouts.DEFAULT),
                PermitTimes.DEFAULT,
                TestVoters::nowMs);
        // Ends with the test that started it, even if that was killed.
        ProcessHandle parent = ProcessHandle.current().parent().orElseThrow();
        parent.onExit().join();
        Runtime.getRuntime().halt(0);
    }
}
