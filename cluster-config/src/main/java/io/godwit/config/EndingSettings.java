package io.godwit.config;

/**
 * How a migration ends that does not end by itself.
 *
 * @param timeoutMs how long it may run before {@code timeoutAction}, 0 for as long as it takes
 * @param timeoutAction what happens then
 * @param quicklyFinish whether the allowed pause grows until the rest fits
 * @param pauseBeforeSwitchover whether it waits in pre-switchover, the VM paused, until told to go on
 */
public record EndingSettings(
        long timeoutMs, TimeoutAction timeoutAction, boolean quicklyFinish, boolean pauseBeforeSwitchover) {
    static EndingSettings of(MigrationParameters parameters) {
        return new EndingSettings(
                parameters.get(MigrationParameter.TIMEOUT),
                parameters.get(MigrationParameter.TIMEOUT_ACTION),
                parameters.get(MigrationParameter.QUICKLY_FINISH),
                parameters.get(MigrationParameter.PAUSE_BEFORE_SWITCHOVER));
    }
}
