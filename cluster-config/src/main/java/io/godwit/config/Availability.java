package io.godwit.config;

/**
 * What becomes of a VM when its guest or its host fails.
 *
 * @param stateless whether it may be started from nothing on another host: nothing that it keeps on its own disks is
 *     missed
 * @param autoRestart what becomes of it when its guest ends by itself
 * @param priority in which order VMs are recovered, {@value #MIN_PRIORITY} to {@value #MAX_PRIORITY}: the higher the
 *     earlier
 * @param ha whether it may be started on another host at all; if not, it stays with its host
 */
public record Availability(boolean stateless, AutoRestart autoRestart, int priority, boolean ha) {
    public static final int MIN_PRIORITY = 0;
    public static final int MAX_PRIORITY = 100;
    /** What a VM has of which nothing was said. */
    public static final Availability USUAL = new Availability(false, AutoRestart.NEVER, 50, true);

    public Availability {
        if (priority < MIN_PRIORITY || priority > MAX_PRIORITY) {
            throw new InvalidValueException("priority", priority, MIN_PRIORITY + " to " + MAX_PRIORITY);
        }
        if (stateless && !ha) {
            throw new InvalidValueException(
                    "stateless",
                    true,
                    "false where ha is false: a VM that stays with its host is started nowhere else");
        }
    }

    /** Reads {@code stateless, autoRestart, priority, ha}; what is left out is as in {@link #USUAL}. */
    static Fields read(FieldReader reader) {
        return new Fields(
                reader.optional("stateless", ValueType.bool()).orElse(USUAL.stateless()),
                reader.optional("autoRestart", ValueType.oneOf(AutoRestart.class))
                        .orElse(USUAL.autoRestart()),
                reader.optionalNumber("priority", ValueType.integer(MIN_PRIORITY, MAX_PRIORITY))
                        .orElse(USUAL.priority()),
                reader.optional("ha", ValueType.bool()).orElse(USUAL.ha()));
    }

    /** The fields one by one: whether they fit together is asked when all of a request was read. */
    record Fields(boolean stateless, AutoRestart autoRestart, int priority, boolean ha) {
        Availability together() {
            return new Availability(stateless, autoRestart, priority, ha);
        }
    }
}
