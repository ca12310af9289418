package io.godwit.config;

/**
 * What of a migration's target is not asked for, on an operator's word: by whoever chooses the target, and by the target
 * itself.
 *
 * @param cpu its CPU may lack features that the guest was given; KVM there may still refuse what it cannot set
 * @param kernel its kernel may be older than the one whose state the VM carries
 */
public record SkippedChecks(boolean cpu, boolean kernel) {
    public static final SkippedChecks NONE = new SkippedChecks(false, false);

    /** Reads {@code skipCpuCheck, skipKernelCheck}. */
    static SkippedChecks read(FieldReader reader) {
        return new SkippedChecks(
                reader.optional("skipCpuCheck", ValueType.bool()).orElse(false),
                reader.optional("skipKernelCheck", ValueType.bool()).orElse(false));
    }
}
