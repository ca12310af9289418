package io.godwit.config;

import io.godwit.config.ConfigKey.Shape;

/** The sample file and the table of the documentation, made from {@link ConfigKeys}: neither can fall behind. */
public final class ConfigReference {
    private static final int WIDTH = 100;

    private ConfigReference() {}

    /** A configuration file with every key: the required ones set, the others commented out with their defaults. */
    public static String sampleFile() {
        StringBuilder text = new StringBuilder();
        text.append("# Godwit: the configuration of one node, in HOCON. Read by: godwit node --config FILE\n");
        text.append("# A key without '#' must be set; the others show their defaults. One host needs no more than\n");
        text.append("# host.name. docs/configuration.md says how three hosts are set up.\n");
        for (ConfigKey<?> key : ConfigKeys.ALL) {
            text.append('\n');
            wrap(text, key.description());
            wrap(text, "Accepted: " + key.accepted() + '.');
            text.append(assignment(key)).append('\n');
        }
        return text.toString();
    }

    /** A table of every key in Markdown. */
    public static String table() {
        StringBuilder text = new StringBuilder("| key | default | accepted | meaning |\n|---|---|---|---|\n");
        for (ConfigKey<?> key : ConfigKeys.ALL) {
            String meaning = key.defaultText() != null
                    ? '`' + key.defaultText() + '`'
                    : key.isRequired() ? "**required**" : String.valueOf(key.derivedDefault());
            text.append("| `%s` | %s | %s | %s |%n"
                    .formatted(key.path(), meaning, key.accepted(), key.description())
                    .replace("\r\n", "\n"));
        }
        return text.toString();
    }

    private static String assignment(ConfigKey<?> key) {
        if (key.isRequired()) {
            return key.path() + " = alpha";
        }
        if (key.shape() == Shape.VOTERS) {
            return "# " + key.path() + " = [ { host = alpha, address = \"127.0.0.1:" + ConfigKeys.LEDGER_PORT
                    + "\" } ]";
        }
        if ("none".equals(key.derivedDefault())) {
            return "# " + key.path() + " = []";
        }
        if (key.shape() == Shape.LIST) {
            String element = key.equals(ConfigKeys.TLS_AUTHZ) ? NodeConfig.Tls.EVERYBODY : "127.0.0.1:7401";
            return "# " + key.path() + " = [ \"" + element + "\" ]";
        }
        return "# " + key.path() + " = " + (key.defaultText() != null ? quoted(key.defaultText()) : "\"127.0.0.1\"");
    }

    private static String quoted(String value) {
        return value.matches("\\d+|[a-z-]+") ? value : '"' + value + '"';
    }

    private static void wrap(StringBuilder text, String words) {
        int column = 0;
        for (String word : words.split(" ")) {
            if (column == 0 || column + 1 + word.length() > WIDTH) {
                text.append(column == 0 ? "#" : "\n#");
                column = 1;
            }
            text.append(' ').append(word);
            column += 1 + word.length();
        }
        text.append('\n');
    }
}
