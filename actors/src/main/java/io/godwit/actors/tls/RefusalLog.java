package io.godwit.actors.tls;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Tells operators who was refused and why: each once a minute, however often it tries. */
final class RefusalLog {
    private static final Logger LOG = LoggerFactory.getLogger(RefusalLog.class);
    private static final long SILENCE_NS = TimeUnit.MINUTES.toNanos(1);
    private static final int REMEMBERED = 128;

    private final LongSupplier clockNs;
    private final Map<String, Long> told = new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<String, Long> eldest) {
            return size() > REMEMBERED;
        }
    };

    RefusalLog() {
        this(System::nanoTime);
    }

    RefusalLog(LongSupplier clockNs) {
        this.clockNs = clockNs;
    }

    /** Tells it, unless the same was told within a minute. */
    void tell(String refusal) {
        if (isNew(refusal)) {
            LOG.warn("{}", refusal);
        }
    }

    synchronized boolean isNew(String refusal) {
        long now = clockNs.getAsLong();
        Long before = told.get(refusal);
        if (before != null && now - before < SILENCE_NS) {
            return false;
        }
        told.put(refusal, now);
        return true;
    }
}
