package io.godwit.node.demo;

/** The demo cannot go on. */
final class DemoException extends RuntimeException {
    DemoException(String message) {
        super(message);
    }
}
