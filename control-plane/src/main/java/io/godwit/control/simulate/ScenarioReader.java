package io.godwit.control.simulate;

import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigParseOptions;
import io.godwit.config.InvalidValueException;
import io.godwit.control.balance.BalanceSettings;
import io.godwit.control.balance.BalanceSettings.Policy;
import io.godwit.control.ganeti.GanetiInventory;
import io.godwit.control.ganeti.GanetiReader;
import io.godwit.control.ganeti.GeneratedCluster;
import io.godwit.control.inventory.Inventory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/** Reads scenarios: HOCON (of which JSON is a part), or an inventory of Ganeti alone. */
public final class ScenarioReader {
    /** Files with this ending are inventories of Ganeti. */
    public static final String GANETI_SUFFIX = ".data";

    private static final int MAX_GENERATED_HOSTS = 10_000;

    private final String file;
    private final UnaryOperator<String> files;
    private final List<String> problems = new ArrayList<>();
    private final List<String> notes = new ArrayList<>();

    private ScenarioReader(String file, UnaryOperator<String> files) {
        this.file = file;
        this.files = files;
    }

    /**
     * @param file named in errors; its ending says what it is
     * @param files the text of a file that the scenario names; it may throw {@link IllegalArgumentException}
     * @param seed in place of the scenario's
     * @throws ScenarioException with all that is wrong with a scenario
     * @throws io.godwit.control.ganeti.GanetiFormatException with all that is wrong with an inventory
     */
    public static Scenario read(String file, String text, UnaryOperator<String> files, @Nullable Long seed) {
        if (file.endsWith(GANETI_SUFFIX)) {
            return Scenario.of(GanetiInventory.of(GanetiReader.read(file, text)), seed == null ? 1 : seed);
        }
        return new ScenarioReader(file, files).parse(text, seed);
    }

    private Scenario parse(String text, @Nullable Long seed) {
        ConfigObject root;
        try {
            root = ConfigFactory.parseString(text, ConfigParseOptions.defaults().setOriginDescription(file))
                    .resolve()
                    .root();
        } catch (ConfigException broken) {
            throw new ScenarioException(file, List.of(String.valueOf(broken.getMessage())));
        }
        Fields fields = new Fields(root, "", problems);
        long ownSeed = fields.whole("seed", 1, Long.MAX_VALUE);
        long used = seed == null ? ownSeed : seed;
        Inventory inventory = inventory(fields, used);
        BalanceSettings settings = settings(fields.object("settings"));
        LoadTrace trace = trace(fields.text("trace", ""), inventory);
        List<Event> events = new ArrayList<>();
        fields.objects("events").forEach(event -> event(event, events));
        Scenario scenario = fields.build(() -> new Scenario(
                inventory,
                settings,
                used,
                fields.durationMs("duration", Scenario.DEFAULT_DURATION_MS),
                fields.durationMs("round", Scenario.DEFAULT_ROUND_MS),
                trace,
                fields.durationMs("trace-gap", Scenario.DEFAULT_TRACE_GAP_MS),
                events,
                notes));
        fields.refuseOthers();
        if (!problems.isEmpty() || scenario == null) {
            throw new ScenarioException(file, problems);
        }
        return scenario;
    }

    private Inventory inventory(Fields fields, long seed) {
        String named = fields.text("inventory", "");
        Fields generate = fields.object("generate");
        InventoryFields own = new InventoryFields(fields, notes);
        Inventory base = Inventory.of(own.hosts(), List.of(), List.of());
        if (!named.isEmpty()) {
            base = GanetiInventory.of(GanetiReader.read(named, files.apply(named)));
        } else if (generate != null) {
            int hosts = Math.max(1, (int) generate.whole("hosts", 3, MAX_GENERATED_HOSTS));
            int vms = (int) generate.whole("vms", 10L * hosts, 20L * hosts);
            generate.refuseOthers();
            base = GanetiInventory.of(GeneratedCluster.of(seed, hosts, vms));
        } else if (base.hosts().isEmpty()) {
            problems.add("inventory: missing; expected hosts, an inventory's file, or generate");
        }
        Inventory hosts = base;
        Inventory all = fields.build(() -> own.complete(hosts));
        return all == null ? hosts : all;
    }

    private LoadTrace trace(String named, Inventory inventory) {
        if (named.isEmpty()) {
            return LoadTrace.NONE;
        }
        Set<String> vms = new HashSet<>();
        inventory.vms().forEach(vm -> vms.add(vm.name()));
        return LoadTrace.parse(files.apply(named), vms);
    }

    private static BalanceSettings settings(@Nullable Fields fields) {
        BalanceSettings usual = BalanceSettings.DEFAULT;
        if (fields == null) {
            return usual;
        }
        BalanceSettings read = fields.build(() -> new BalanceSettings(
                fields.oneOf("policy", Policy.class, usual.policy()),
                fields.number("threshold", usual.threshold()),
                fields.count("hold-rounds", usual.holdRounds()),
                fields.number("margin", usual.margin()),
                fields.durationMs("cooldown", usual.cooldownMs()),
                fields.count("max-migrations", usual.maxMigrations()),
                fields.count("max-migrations-per-host", usual.maxMigrationsPerHost()),
                fields.truth("armed", usual.armed()),
                fields.truth("recommend-only", usual.recommendOnly())));
        fields.refuseOthers();
        return read == null ? usual : read;
    }

    private static void event(Fields fields, List<Event> events) {
        Event read = fields.build(() -> {
            long atMs = fields.durationMs("at", 0);
            for (Event.Kind kind : Event.Kind.values()) {
                if (fields.has(kind.label())) {
                    return new Event(atMs, kind, kind.ofHost() ? fields.text(kind.label(), "") : "");
                }
            }
            throw new InvalidValueException("event", "without any", "one of drain, fail, back, disarm, arm");
        });
        fields.refuseOthers();
        if (read != null) {
            events.add(read);
        }
    }
}
