package io.godwit.transport;

/**
 * Where one lane of an incoming stream listens: what a target puts into its answer to the manifest.
 *
 * @param host address literal the target bound, without brackets
 * @param port UDP port, resolved, 1..65535
 * @param streamId Aeron stream id
 * @param sessionId the only Aeron session the target accepts; the source publishes with it
 */
public record StreamEndpoint(String host, int port, int streamId, int sessionId) {
    public StreamEndpoint {
        if (host.isBlank()) {
            throw new IllegalArgumentException("host is empty: an address literal is expected");
        }
        if (port < 1 || port > 65_535) {
            throw new IllegalArgumentException("port " + port + ": 1 to 65535 is expected");
        }
    }

    /** {@code host:port}, with brackets around an IPv6 address, as Aeron's channels want it. */
    public String hostAndPort() {
        return (host.indexOf(':') >= 0 ? "[" + host + "]" : host) + ":" + port;
    }
}
