package io.godwit.config;

/**
 * How a migration that does not converge slows the guest.
 *
 * @param autoConverge whether it may
 * @param initialPercent share of its time that a vCPU is first held back
 * @param incrementPercent by how much that grows
 * @param maxPercent the most
 * @param vcpuDirtyBytesPerSecond most each vCPU may dirty from the start, 0 for no such limit
 */
public record ThrottleSettings(
        boolean autoConverge, int initialPercent, int incrementPercent, int maxPercent, long vcpuDirtyBytesPerSecond) {
    static ThrottleSettings of(MigrationParameters parameters) {
        return new ThrottleSettings(
                parameters.get(MigrationParameter.AUTO_CONVERGE),
                parameters.get(MigrationParameter.THROTTLE_INITIAL),
                parameters.get(MigrationParameter.THROTTLE_INCREMENT),
                parameters.get(MigrationParameter.THROTTLE_MAX),
                parameters.get(MigrationParameter.VCPU_DIRTY_LIMIT));
    }
}
