package io.godwit.config.tls;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Whom a certificate speaks for: its subject alternative names, and nothing else. The subject's common name does not
 * count (RFC 9525).
 *
 * @param hosts DNS names
 * @param addresses IP addresses, as literals
 */
public record CertificateNames(List<String> hosts, List<String> addresses) {
    /** Of GeneralName (RFC 5280, 4.2.1.6). */
    private static final int DNS_NAME = 2;

    private static final int IP_ADDRESS = 7;
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");

    public CertificateNames {
        hosts = List.copyOf(hosts);
        addresses = List.copyOf(addresses);
    }

    public static CertificateNames of(X509Certificate certificate) {
        List<String> hosts = new ArrayList<>();
        List<String> addresses = new ArrayList<>();
        for (List<?> name : alternativeNames(certificate)) {
            if (name.get(0).equals(DNS_NAME)) {
                hosts.add(String.valueOf(name.get(1)));
            } else if (name.get(0).equals(IP_ADDRESS)) {
                addresses.add(canonical(String.valueOf(name.get(1))));
            }
        }
        return new CertificateNames(hosts, addresses);
    }

    private static Collection<List<?>> alternativeNames(X509Certificate certificate) {
        try {
            Collection<List<?>> names = certificate.getSubjectAlternativeNames();
            return names == null ? List.of() : names;
        } catch (CertificateParsingException malformed) {
            return List.of(); // it names nobody
        }
    }

    /** Whether a host name or an IP address, as it is dialled, is named. */
    public boolean include(String host) {
        return isAddress(host)
                ? addresses.contains(canonical(host))
                : hosts.stream().anyMatch(host::equalsIgnoreCase);
    }

    /** Whether it is an IP address rather than a name. */
    public static boolean isAddress(String host) {
        return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
    }

    /** One text for each address; a literal is not asked of any name server. */
    private static String canonical(String address) {
        try {
            return InetAddress.getByName(address).getHostAddress();
        } catch (UnknownHostException malformed) {
            return address;
        }
    }

    /** All names, or that there are none; to be read after "names". */
    @Override
    public String toString() {
        String all = Stream.concat(hosts.stream(), addresses.stream()).collect(Collectors.joining(", "));
        return all.isEmpty() ? "nobody" : all;
    }
}
