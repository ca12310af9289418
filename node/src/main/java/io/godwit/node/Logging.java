package io.godwit.node;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import io.godwit.config.NodeConfig.LogLevel;
import org.slf4j.LoggerFactory;

/** How much the node logs; where to is in {@code logback.xml}. */
final class Logging {
    /** Held: the JDK's logging forgets the level of a logger that nobody holds. */
    private static final java.util.logging.Logger JDK = java.util.logging.Logger.getLogger("");

    private Logging() {}

    static void setLevel(LogLevel level) {
        JDK.setLevel(java.util.logging.Level.SEVERE); // only gRPC inside Ratis writes there, about itself
        root().setLevel(Level.valueOf(level.name()));
        if (level.compareTo(LogLevel.INFO) > 0) {
            // Told of everything: also of each attempt to reach a peer that is down.
            root().getLoggerContext().getLoggerList().stream()
                    .filter(logger -> logger != root() && logger.getLevel() == Level.ERROR)
                    .forEach(logger -> logger.setLevel(null));
        }
    }

    private static Logger root() {
        return (Logger) LoggerFactory.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    }
}
