package io.godwit.node.certs;

import io.godwit.config.HostPort;
import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import io.godwit.config.tls.CertificateNames;
import java.util.List;
import java.util.stream.Stream;
import org.bouncycastle.util.IPAddress;

/**
 * A node as {@code godwit cert} is told of it.
 *
 * @param name its host.name
 * @param addresses host names and IP addresses by which other nodes dial it
 */
public record NodeName(String name, List<String> addresses) {
    public static final String ACCEPTED = "NAME[=ADDRESS[,ADDRESS]...], such as alpha=10.0.0.1,alpha.example.org";

    public NodeName {
        addresses = List.copyOf(addresses);
    }

    /**
     * Reads {@value #ACCEPTED}.
     *
     * @throws InvalidValueException for anything else
     */
    public static NodeName parse(String text) {
        int equals = text.indexOf('=');
        String name = equals < 0 ? text : text.substring(0, equals);
        List<String> addresses =
                equals < 0 ? List.of() : List.of(text.substring(equals + 1).split(",", -1));
        try {
            ValueType.name().parse("node", name);
            Stream.of(addresses).flatMap(List::stream).forEach(NodeName::requireNameOrAddress);
        } catch (InvalidValueException refused) {
            throw new InvalidValueException("node", text, ACCEPTED);
        }
        return new NodeName(name, addresses);
    }

    /** What looks like an address has to be one that a certificate can hold: no number past 255, no zone. */
    private static void requireNameOrAddress(String address) {
        HostPort.hostType().parse("node", address);
        if (CertificateNames.isAddress(address) && !IPAddress.isValid(address)) {
            throw new InvalidValueException("node", address, ACCEPTED);
        }
    }
}
