package io.godwit.config.tls;

/** A PEM file that cannot be used; the message says why and what is expected, without naming the file. */
public final class PemException extends Exception {
    PemException(String message) {
        super(message);
    }
}
