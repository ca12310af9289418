package io.godwit.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A network endpoint.
 *
 * @param host a name or an address; IPv6 without its brackets
 * @param port 0 to 65535; 0 only where "any free port" makes sense
 */
public record HostPort(String host, int port) {
    static final String ACCEPTED = "host:port, such as 10.0.0.1:7401 or [fd00::1]:7401, with a port from 1 to 65535";
    static final String HOST_ACCEPTED = "a host name or an IP address, such as 10.0.0.1";
    private static final Pattern HOST = Pattern.compile("[A-Za-z0-9]([A-Za-z0-9._-]{0,251}[A-Za-z0-9])?");
    private static final Pattern IPV6 = Pattern.compile("[0-9A-Fa-f:]*:[0-9A-Fa-f:.]*(%[A-Za-z0-9._-]{1,15})?");
    private static final Pattern ENDPOINT = Pattern.compile("(?:\\[([^\\]]+)\\]|([^:\\[\\]]+)):(\\d{1,5})");

    public HostPort {
        if (!isHost(host)) {
            throw new InvalidValueException("host", host, HOST_ACCEPTED);
        }
        if (port < 0 || port > 65_535) {
            throw new InvalidValueException("port", port, "0 to 65535");
        }
    }

    static boolean isHost(String text) {
        return HOST.matcher(text).matches()
                || (text.length() <= 60 && IPV6.matcher(text).matches());
    }

    /** A type of the configuration file: {@code host:port}. */
    public static ValueType<HostPort> type() {
        return ValueType.of(ACCEPTED, HostPort::isEndpoint, HostPort::read);
    }

    /** A type of the configuration file: the host part alone. */
    public static ValueType<String> hostType() {
        return ValueType.of(HOST_ACCEPTED, HostPort::isHost, text -> text);
    }

    private static boolean isEndpoint(String text) {
        Matcher matcher = ENDPOINT.matcher(text);
        if (!matcher.matches()) {
            return false;
        }
        int port = Integer.parseInt(matcher.group(3));
        boolean hostIsRight = matcher.group(1) != null
                ? IPV6.matcher(matcher.group(1)).matches()
                : HOST.matcher(matcher.group(2)).matches();
        return hostIsRight && port >= 1 && port <= 65_535;
    }

    private static HostPort read(String text) {
        int colon = text.lastIndexOf(':');
        String host = text.startsWith("[") ? text.substring(1, colon - 1) : text.substring(0, colon);
        return new HostPort(host, Integer.parseInt(text.substring(colon + 1)));
    }

    /** Whether this is an address for listening only, which nobody can dial. */
    public boolean isWildcard() {
        return host.equals("0.0.0.0") || host.equals("::") || host.equals("0:0:0:0:0:0:0:0");
    }

    public boolean isLoopback() {
        return host.startsWith("127.") || host.equals("localhost") || host.equals("::1");
    }

    /** {@code host:port}, an IPv6 address in brackets. */
    @Override
    public String toString() {
        return (host.indexOf(':') >= 0 ? '[' + host + ']' : host) + ':' + port;
    }
}
