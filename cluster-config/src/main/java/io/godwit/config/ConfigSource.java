package io.godwit.config;

import com.typesafe.config.Config;
import com.typesafe.config.ConfigException;
import com.typesafe.config.ConfigFactory;
import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigOrigin;
import com.typesafe.config.ConfigParseOptions;
import com.typesafe.config.ConfigRenderOptions;
import com.typesafe.config.ConfigSyntax;
import com.typesafe.config.ConfigValue;
import com.typesafe.config.ConfigValueType;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/** A parsed file: its values by key with the line of each, and what was found wrong with it so far. */
final class ConfigSource {
    private static final Set<ConfigValueType> SCALARS =
            EnumSet.of(ConfigValueType.STRING, ConfigValueType.NUMBER, ConfigValueType.BOOLEAN);

    private final String file;
    private final Map<String, ConfigValue> values = new HashMap<>();
    private final List<ConfigProblem> problems = new ArrayList<>();

    private ConfigSource(Path file) {
        this.file = file.toString();
    }

    /**
     * Reads and resolves the file, and refuses the keys nobody knows.
     *
     * @throws InvalidConfigException when it cannot be read or is not HOCON
     */
    static ConfigSource open(Path file) {
        ConfigSource source = new ConfigSource(file);
        source.collect("", source.parse(file).root());
        return source;
    }

    private Config parse(Path path) {
        if (!Files.isRegularFile(path) || !Files.isReadable(path)) {
            problems.add(new ConfigProblem(file, 0, "", null, "not a file that can be read"));
            throw new InvalidConfigException(problems);
        }
        try {
            ConfigParseOptions options = ConfigParseOptions.defaults()
                    .setAllowMissing(false)
                    .setSyntax(ConfigSyntax.CONF)
                    .setOriginDescription(file);
            return ConfigFactory.parseFile(path.toFile(), options).resolve();
        } catch (ConfigException refused) {
            problems.add(new ConfigProblem(
                    fileOf(refused.origin()), lineOf(refused.origin()), "", null, withoutOrigin(refused)));
            throw new InvalidConfigException(problems);
        }
    }

    /** The library's message without the file and line it begins with: they are told once. */
    private static String withoutOrigin(ConfigException refused) {
        String message = String.valueOf(refused.getMessage());
        ConfigOrigin origin = refused.origin();
        String prefix = origin == null ? "" : origin.description() + ": ";
        return message.startsWith(prefix) ? message.substring(prefix.length()) : message;
    }

    private void collect(String prefix, ConfigObject object) {
        object.forEach((name, value) -> {
            String path = prefix.isEmpty() ? name : prefix + '.' + name;
            if (ConfigKeys.ALL.stream().anyMatch(key -> key.path().equals(path))) {
                values.put(path, value);
            } else if (ConfigKeys.ALL.stream().noneMatch(key -> key.path().startsWith(path + '.'))) {
                refuse(path, value, unknown(path, prefix));
            } else if (value instanceof ConfigObject section) {
                collect(path, section);
            } else {
                refuse(path, value, "this is a section; expected " + path + " { ... }");
            }
        });
    }

    private static String unknown(String path, String section) {
        List<String> all = ConfigKeys.ALL.stream().map(ConfigKey::path).toList();
        Stream<String> sections = all.stream().map(key -> key.substring(0, key.indexOf('.')));
        List<String> known = Stream.concat(all.stream(), sections).distinct().toList();
        return Nearest.to(path, known)
                .map(near -> "no such key; did you mean " + near + "?")
                .orElseGet(() -> "no such key; known " + (section.isEmpty() ? "are " : "in " + section + " are ")
                        + String.join(", ", siblings(section, all)));
    }

    private static List<String> siblings(String section, List<String> all) {
        List<String> here =
                all.stream().filter(key -> key.startsWith(section + '.')).toList();
        return here.isEmpty() ? all : here;
    }

    boolean has(ConfigKey<?> key) {
        return values.containsKey(key.path());
    }

    /** The value, the default, or nothing: where it is refused, or its default is derived. */
    <T> Optional<T> value(ConfigKey<T> key) {
        ConfigValue value = values.get(key.path());
        if (value != null) {
            return scalar(key.path(), value, key.type());
        }
        if (key.isRequired()) {
            problems.add(new ConfigProblem(file, 0, key.path(), null, "missing; expected " + key.accepted()));
        }
        return Optional.ofNullable(key.defaultText()).map(text -> key.type().parse(key.path(), text));
    }

    /** What a key says, as written, or its default's text; nothing where it is refused. */
    Optional<String> text(ConfigKey<?> key) {
        ConfigValue value = values.get(key.path());
        return value(key).map(read -> value == null ? key.defaultText() : String.valueOf(value.unwrapped()));
    }

    <T> List<T> list(ConfigKey<T> key) {
        List<T> read = new ArrayList<>();
        List<ConfigValue> items = items(key);
        for (int i = 0; i < items.size(); i++) {
            scalar(key.path() + '[' + i + ']', items.get(i), key.type()).ifPresent(read::add);
        }
        return read;
    }

    /** The values of a list as they stand; none where it is no list. */
    List<ConfigValue> items(ConfigKey<?> key) {
        ConfigValue value = values.get(key.path());
        if (value == null) {
            return List.of();
        }
        if (value instanceof ConfigList list) {
            return list;
        }
        refuse(key.path(), value, "expected " + key.accepted());
        return List.of();
    }

    /** A string, a number or a boolean, read as its type says. */
    <T> Optional<T> scalar(String path, ConfigValue value, ValueType<T> type) {
        if (!SCALARS.contains(value.valueType())) {
            refuse(path, value, "expected " + type.accepted());
            return Optional.empty();
        }
        try {
            return Optional.of(type.parse(path, String.valueOf(value.unwrapped())));
        } catch (InvalidValueException refused) {
            refuse(path, value, "expected " + refused.accepted());
            return Optional.empty();
        }
    }

    /** A field that an entry of a list must have. */
    <T> Optional<T> field(ConfigObject entry, String path, String field, ValueType<T> type) {
        ConfigValue value = entry.get(field);
        if (value == null) {
            refuse(path, entry, field + " is missing; expected " + type.accepted());
            return Optional.empty();
        }
        return scalar(path + '.' + field, value, type);
    }

    void refuseUnknown(String path, ConfigObject entry, List<String> known) {
        entry.forEach((field, unknown) -> {
            if (!known.contains(field)) {
                refuse(path + '.' + field, unknown, "no such key; known are " + String.join(" and ", known));
            }
        });
    }

    void refuse(String path, @Nullable ConfigValue value, String explanation) {
        ConfigOrigin origin = value == null ? null : value.origin();
        problems.add(new ConfigProblem(
                fileOf(origin), lineOf(origin), path, value == null ? null : rendered(value), explanation));
    }

    void refuse(ConfigKey<?> key, String explanation) {
        refuse(key.path(), values.get(key.path()), explanation);
    }

    /** All that is wrong, in the order of the file; what is missing comes last. */
    void throwIfRefused() {
        if (problems.isEmpty()) {
            return;
        }
        List<ConfigProblem> sorted = new ArrayList<>(problems);
        sorted.sort(Comparator.comparing((ConfigProblem problem) -> problem.line() == 0)
                .thenComparing(ConfigProblem::file)
                .thenComparing(ConfigProblem::line)
                .thenComparing(ConfigProblem::key));
        throw new InvalidConfigException(sorted);
    }

    private static String rendered(ConfigValue value) {
        return value.valueType() == ConfigValueType.STRING
                ? String.valueOf(value.unwrapped())
                : value.render(ConfigRenderOptions.concise());
    }

    private String fileOf(@Nullable ConfigOrigin origin) {
        if (origin == null) {
            return file;
        }
        String included = origin.filename();
        return included == null || Path.of(included).endsWith(Path.of(file).getFileName()) ? file : included;
    }

    private static int lineOf(@Nullable ConfigOrigin origin) {
        return origin == null ? 0 : Math.max(0, origin.lineNumber());
    }
}
