package io.godwit.transport.driver;

/**
 * How the media drivers are.
 *
 * @param running whether all of them run, so that streams of any number of lanes can be opened now
 * @param drivers how many there are
 * @param starts above 1 means that drivers died {@code starts - 1} times and were started again
 * @param openStreams lanes that use them
 * @param lastFault what killed one last, or what one last complained about; empty if nothing
 */
public record DriverStatus(boolean running, int drivers, int starts, int openStreams, String lastFault) {
    DriverStatus and(final DriverStatus other) {
        return new DriverStatus(
                running && other.running,
                drivers + other.drivers,
                starts + other.starts - 1,
                openStreams + other.openStreams,
                lastFault.isEmpty() ? other.lastFault : lastFault);
    }
}
