package io.godwit.node;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.godwit.config.NodeConfig.LogLevel;
import org.slf4j.LoggerFactory;

/** How much the node logs; where to is in {@code logback.xml}. */
final class Logging {
    private Logging() {}

    static void setLevel(LogLevel level) {
        ((Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME)).setLevel(Level.valueOf(level.name()));
        if (level.compareTo(LogLevel.WARN) > 0) {
            // What is quieter by default, because it warns of each attempt to reach a voter that is down.
            ((Logger) LoggerFactory.getLogger("org.apache.ratis")).setLevel(Level.valueOf(level.name()));
        }
    }
}
