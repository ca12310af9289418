package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;

import io.godwit.config.Units;
import io.godwit.node.api.VmInfo;
import java.time.Duration;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What changes whether a VM runs. */
final class PowerCommands {
    private static final Duration LOOK_INTERVAL = Duration.ofMillis(250);
    /** For the ledger, and for giving the machine back, behind the time that the guest has. */
    private static final Duration MARGIN = Duration.ofSeconds(60);

    private PowerCommands() {}

    /** Asks for a change without anything to say about it. */
    static int change(Session session, String vm, String verb) {
        byte[] answer = session.api().post("/v1/vms/" + segment(vm) + '/' + verb, Map.of());
        return print(session, answer);
    }

    private static int print(Session session, byte[] answer) {
        return session.print(answer, () -> {
            VmInfo changed = session.api().read(answer, VmInfo.class);
            return "VM %s is %s on %s%n".formatted(changed.name(), changed.status(), changed.host());
        });
    }

    @Command(name = "stop", description = "power a VM off: at once, or when its guest has had time to shut down")
    static final class Stop implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(paramLabel = "VM", description = "name or id")
        private String vm = "";

        @Option(
                names = "--timeout",
                paramLabel = "TIME",
                description = "press the power button and wait so long, such as 30s, before the power is cut")
        private @Nullable String timeout;

        @Override
        public Integer call() {
            if (timeout == null) {
                return change(session, vm, "stop");
            }
            byte[] answer = session.api().post("/v1/vms/" + segment(vm) + "/stop", Map.of("timeout", timeout));
            long patienceNs = Duration.ofMillis(Units.parseDurationMs("timeout", timeout))
                    .plus(MARGIN)
                    .toNanos();
            long beganNs = System.nanoTime();
            VmInfo asked = session.api().read(answer, VmInfo.class);
            while (isGoing(session.api().read(answer, VmInfo.class))) {
                if (System.nanoTime() - beganNs > patienceNs) {
                    throw ApiException.unexpected("VM " + vm + " has not stopped although its time is over");
                }
                pause();
                answer = session.api().get("/v1/vms/" + segment(asked.id()));
            }
            return print(session, answer);
        }

        /** A node that cannot say for a moment how a VM is does not end the wait. */
        private static boolean isGoing(VmInfo vm) {
            return switch (vm.status()) {
                case "running", "stopping", "unknown" -> true;
                default -> false;
            };
        }

        private static void pause() {
            try {
                Thread.sleep(LOOK_INTERVAL.toMillis());
            } catch (InterruptedException interrupted) {
                Thread.currentThread().interrupt();
                throw ApiException.unexpected("interrupted; the VM goes on to stop");
            }
        }
    }

    @Command(name = "powerdown", description = "press a running VM's power button")
    static final class PowerDown implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(paramLabel = "VM", description = "name or id")
        private String vm = "";

        @Override
        public Integer call() {
            return change(session, vm, "powerdown");
        }
    }

    @Command(name = "reset", description = "boot a running VM anew, without asking its guest")
    static final class Reset implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(paramLabel = "VM", description = "name or id")
        private String vm = "";

        @Override
        public Integer call() {
            return change(session, vm, "reset");
        }
    }

    @Command(name = "renew-generation", description = "tell a VM's guest that it is a copy, or was set back")
    static final class RenewGeneration implements Callable<Integer> {
        @Mixin
        private Session session = new Session();

        @Parameters(paramLabel = "VM", description = "name or id")
        private String vm = "";

        @Override
        public Integer call() {
            byte[] answer = session.api().post("/v1/vms/" + segment(vm) + "/renew-generation", Map.of());
            return session.print(answer, () -> {
                VmInfo changed = session.api().read(answer, VmInfo.class);
                return "VM %s is generation %s%n".formatted(changed.name(), changed.generation());
            });
        }
    }
}
