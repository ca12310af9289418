package io.godwit.transport.driver;

/**
 * How the media driver is.
 *
 * @param running whether streams can be opened now
 * @param starts how often it was started; above 1 means it died {@code starts - 1} times
 * @param openStreams streams that use it
 * @param lastFault what killed it last, or what it last complained about; empty if nothing
 */
public record DriverStatus(boolean running, int starts, int openStreams, String lastFault) {}
