package io.godwit.node.cli;

import io.godwit.control.ganeti.GanetiFormatException;
import io.godwit.control.simulate.MoveRecord;
import io.godwit.control.simulate.Scenario;
import io.godwit.control.simulate.ScenarioException;
import io.godwit.control.simulate.ScenarioReader;
import io.godwit.control.simulate.Simulation;
import io.godwit.control.simulate.SimulationResult;
import io.godwit.node.api.Json;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code godwit simulate}. It asks no node. */
@Command(name = "simulate", description = "what the scheduler would do to a cluster, and why, on a virtual clock")
final class SimulateCommand extends WithHelp implements Callable<Integer> {
    private static final long MAX_FILE_BYTES = 64L << 20;

    @Spec
    private @Nullable CommandSpec spec;

    @Parameters(
            paramLabel = "SCENARIO",
            description = "a scenario (HOCON or JSON), or an inventory of Ganeti that ends in .data")
    private @Nullable Path file;

    @Option(names = "--seed", paramLabel = "N", description = "in place of the scenario's")
    private @Nullable Long seed;

    @Option(names = "--json", description = "print moves and result as one line of JSON instead of the timeline")
    private boolean json;

    @Override
    public Integer call() {
        Path path = Objects.requireNonNull(file);
        Scenario scenario;
        try {
            scenario = ScenarioReader.read(path.toString(), read(path), name -> read(path.resolveSibling(name)), seed);
        } catch (ScenarioException broken) {
            return refuse(path, broken.problems());
        } catch (GanetiFormatException broken) {
            return refuse(path, broken.problems());
        } catch (IllegalArgumentException broken) {
            return refuse(path, List.of(String.valueOf(broken.getMessage())));
        } catch (UncheckedIOException unreadable) {
            return refuse(path, List.of("cannot be read: " + unreadable.getCause()));
        }
        SimulationResult result = Simulation.run(scenario);
        PrintStream out = System.out;
        if (json) {
            out.println(Json.writeText(asJson(scenario, result)));
        } else {
            result.timeline().forEach(out::println);
            out.print(summary(scenario, result));
        }
        out.flush();
        return result.violations().isEmpty() ? ExitCodes.OK : ExitCodes.REFUSED;
    }

    private int refuse(Path path, List<String> problems) {
        PrintWriter err = Objects.requireNonNull(spec).commandLine().getErr();
        problems.forEach(problem -> err.println("godwit: " + path + ": " + problem));
        return ExitCodes.USAGE;
    }

    private static String read(Path path) {
        try {
            if (Files.size(path) > MAX_FILE_BYTES) {
                throw new IOException(path + " has " + Files.size(path) + " bytes, at most " + MAX_FILE_BYTES);
            }
            return Files.readString(path, StandardCharsets.UTF_8);
        } catch (IOException unreadable) {
            throw new UncheckedIOException(unreadable);
        }
    }

    private static String summary(Scenario scenario, SimulationResult result) {
        long completed = completed(result);
        return String.format(
                Locale.ROOT,
                "seed %d: %d hosts, %d VMs, %d moves completed, %d not; imbalance %.3f → %.3f; %s; %s%n",
                scenario.seed(),
                scenario.inventory().hosts().size(),
                scenario.inventory().vms().size(),
                completed,
                result.moves().size() - completed,
                result.imbalanceBefore(),
                result.imbalanceAfter(),
                result.survivesOneHost() ? "any one host may fail" : "not every host may fail",
                result.violations().isEmpty()
                        ? "no invariant violated"
                        : result.violations().size() + " INVARIANTS VIOLATED");
    }

    private static long completed(SimulationResult result) {
        return result.moves().stream()
                .filter(move -> move.outcome().equals("completed"))
                .count();
    }

    private static Map<String, Object> asJson(Scenario scenario, SimulationResult result) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("seed", scenario.seed());
        json.put("imbalanceBefore", result.imbalanceBefore());
        json.put("imbalanceAfter", result.imbalanceAfter());
        json.put("survivesOneHost", result.survivesOneHost());
        json.put("homeless", result.homeless());
        json.put("violations", result.violations());
        json.put("moves", result.moves().stream().map(SimulateCommand::asJson).toList());
        return json;
    }

    private static Map<String, Object> asJson(MoveRecord move) {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("vm", move.vm());
        json.put("from", move.from());
        json.put("to", move.to());
        json.put("reason", move.reason());
        json.put("required", move.required());
        json.put("gain", move.gain());
        json.put("measuredGain", move.measuredGain());
        json.put("predictedMs", move.predicted().ends() ? move.predicted().durationMs() : null);
        json.put("predictedBytes", move.predicted().bytes());
        json.put("measuredMs", move.measuredMs());
        json.put("startedAtMs", move.startedAtMs());
        json.put("outcome", move.outcome());
        return json;
    }
}
