package io.godwit.control.simulate;

import com.typesafe.config.ConfigList;
import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.godwit.config.InvalidValueException;
import io.godwit.config.Units;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** One object of a scenario's file. What is wrong is collected with its line; a default stands in. */
final class Fields {
    private final ConfigObject object;
    private final String path;
    private final List<String> problems;
    private final Set<String> asked = new HashSet<>();

    Fields(ConfigObject object, String path, List<String> problems) {
        this.object = object;
        this.path = path;
        this.problems = problems;
    }

    boolean has(String key) {
        asked.add(key);
        return object.containsKey(key);
    }

    String text(String key, String otherwise) {
        return value(key, otherwise, text -> text);
    }

    String required(String key) {
        if (!has(key)) {
            refuse(object, key, null, "a value");
        }
        return text(key, "?");
    }

    long size(String key, long otherwise) {
        return value(key, otherwise, text -> Units.parseSize(key, text));
    }

    long rate(String key, long otherwise) {
        return value(key, otherwise, text -> Units.parseRate(key, text));
    }

    long durationMs(String key, long otherwise) {
        return value(key, otherwise, text -> Units.parseDurationMs(key, text));
    }

    double number(String key, double otherwise) {
        return value(key, otherwise, text -> {
            try {
                return Double.parseDouble(text);
            } catch (NumberFormatException notOne) {
                throw new InvalidValueException(key, text, "a number");
            }
        });
    }

    int count(String key, int otherwise) {
        return (int) whole(key, otherwise, Integer.MAX_VALUE);
    }

    long whole(String key, long otherwise, long most) {
        return value(key, otherwise, text -> {
            try {
                long number = Long.parseLong(text);
                if (number >= 0 && number <= most) {
                    return number;
                }
            } catch (NumberFormatException notOne) {
                // refused below like one out of range
            }
            throw new InvalidValueException(key, text, "a whole number from 0 to " + most);
        });
    }

    boolean truth(String key, boolean otherwise) {
        return value(key, otherwise, text -> switch (text) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new InvalidValueException(key, text, "true or false");
        });
    }

    <E extends Enum<E>> E oneOf(String key, Class<E> type, E otherwise) {
        return value(key, otherwise, text -> {
            Set<String> accepted = new TreeSet<>();
            for (E constant : type.getEnumConstants()) {
                String label = constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
                if (label.equals(text)) {
                    return constant;
                }
                accepted.add(label);
            }
            throw new InvalidValueException(key, text, "one of " + accepted);
        });
    }

    SortedSet<String> names(String key) {
        TreeSet<String> names = new TreeSet<>();
        for (ConfigValue element : list(key)) {
            names.add(String.valueOf(element.unwrapped()));
        }
        return names;
    }

    List<Fields> objects(String key) {
        List<Fields> objects = new ArrayList<>();
        for (ConfigValue element : list(key)) {
            if (element instanceof ConfigObject each) {
                objects.add(new Fields(each, path + key + "[" + objects.size() + "].", problems));
            } else {
                refuse(element, key, element.unwrapped(), "objects in braces");
            }
        }
        return objects;
    }

    @Nullable
    Fields object(String key) {
        asked.add(key);
        ConfigValue value = object.get(key);
        if (value instanceof ConfigObject inner) {
            return new Fields(inner, path + key + ".", problems);
        }
        if (value != null) {
            refuse(value, key, value.unwrapped(), "an object in braces");
        }
        return null;
    }

    private Iterable<ConfigValue> list(String key) {
        asked.add(key);
        ConfigValue value = object.get(key);
        if (value instanceof ConfigList list) {
            return list;
        }
        if (value != null) {
            refuse(value, key, value.unwrapped(), "a list in brackets");
        }
        return List.of();
    }

    /** Makes a record of the fields read; what it refuses is told with the object's line. */
    <T> @Nullable T build(Supplier<T> make) {
        int before = problems.size();
        try {
            T made = make.get();
            return problems.size() == before ? made : null;
        } catch (IllegalArgumentException refused) {
            problems.add("line " + object.origin().lineNumber() + ": " + path + refused.getMessage());
            return null;
        }
    }

    /** To be called when all was read. */
    void refuseOthers() {
        for (String key : new TreeSet<>(object.keySet())) {
            ConfigValue value = object.get(key);
            if (!asked.contains(key) && value != null) {
                refuse(value, key, value.unwrapped(), "one of " + new TreeSet<>(asked));
            }
        }
    }

    private <T> T value(String key, T otherwise, Function<String, T> parse) {
        asked.add(key);
        ConfigValue value = object.get(key);
        if (value == null) {
            return otherwise;
        }
        try {
            return parse.apply(String.valueOf(value.unwrapped()));
        } catch (InvalidValueException refused) {
            refuse(value, key, value.unwrapped(), refused.accepted());
            return otherwise;
        }
    }

    private void refuse(ConfigValue at, String key, @Nullable Object value, String accepted) {
        String what = value == null
                ? "missing; expected " + accepted
                : "\"" + value + "\" is not accepted; expected " + accepted;
        problems.add("line " + at.origin().lineNumber() + ": " + path + key + ": " + what);
    }
}
