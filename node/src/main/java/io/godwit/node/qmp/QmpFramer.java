package io.godwit.node.qmp;

import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * Cuts a byte stream into JSON objects, which may follow each other with or without white space and arrive in any
 * pieces. It looks at brackets, strings and the bytes that JSON allows between them, not at grammar: that is the
 * parser's, which is given whole objects only.
 *
 * <p>What cannot become an object is reported once; then everything up to the end of its line (or a byte 0xFF, with
 * which QMP clients resynchronise) is skipped. At most {@value #MAX_BYTES} bytes are held.
 */
final class QmpFramer {
    static final int MAX_BYTES = 1 << 20;
    static final int MAX_DEPTH = 32;
    private static final int FIRST_BYTES = 256;
    private static final int RESET = 0xff;

    /** Takes what was cut; called in the order of the stream. */
    interface Sink {
        void onObject(byte[] json);

        void onGarbage(String what);
    }

    private enum State {
        BETWEEN,
        INSIDE,
        STRING,
        ESCAPE,
        SKIPPING
    }

    private final Sink sink;
    private State state = State.BETWEEN;
    private byte[] held = new byte[0];
    private int length;
    private int depth;

    QmpFramer(Sink sink) {
        this.sink = sink;
    }

    /** Takes all bytes that remain in {@code bytes}. */
    void feed(ByteBuffer bytes) {
        while (bytes.hasRemaining()) {
            take(bytes.get());
        }
    }

    private void take(byte next) {
        int value = next & 0xff;
        switch (state) {
            case BETWEEN -> between(next, value);
            case INSIDE -> inside(next, value);
            case STRING, ESCAPE -> string(next, value);
            case SKIPPING -> {
                if (value == '\n' || value == RESET) {
                    state = State.BETWEEN;
                }
            }
        }
    }

    private void between(byte next, int value) {
        if (value == '{' || value == '[') {
            state = State.INSIDE;
            hold(next);
            depth = 1;
        } else if (!isSpace(value) && value != RESET) {
            garbage("expected a JSON object, but byte " + describe(value) + " begins none", value);
        }
    }

    private void inside(byte next, int value) {
        if (value == '{' || value == '[') {
            if (++depth > MAX_DEPTH) {
                garbage("objects and lists nest deeper than " + MAX_DEPTH, value);
                return;
            }
        } else if (value == '"') {
            state = State.STRING;
        } else if (!isSpace(value) && !isPunctuation(value) && !isWord(value)) {
            garbage("byte " + describe(value) + " cannot stand in JSON outside of a string", value);
            return;
        }
        if (!hold(next)) {
            return;
        }
        if ((value == '}' || value == ']') && --depth == 0) {
            byte[] object = Arrays.copyOf(held, length);
            forget();
            state = State.BETWEEN;
            sink.onObject(object);
        }
    }

    private void string(byte next, int value) {
        if (value < ' ') {
            garbage("byte " + describe(value) + " cannot stand in a JSON string unescaped", value);
        } else if (hold(next)) {
            boolean escaped = state == State.ESCAPE;
            state = !escaped && value == '"' ? State.INSIDE : !escaped && value == '\\' ? State.ESCAPE : State.STRING;
        }
    }

    private boolean hold(byte next) {
        if (length == MAX_BYTES) {
            garbage("the object is larger than " + MAX_BYTES + " bytes", next & 0xff);
            return false;
        }
        if (length == held.length) {
            held = Arrays.copyOf(held, Math.min(MAX_BYTES, Math.max(FIRST_BYTES, 2 * length)));
        }
        held[length++] = next;
        return true;
    }

    /** @param at the byte at which it was noticed: the end of a line ends the skipping, too */
    private void garbage(String what, int at) {
        forget();
        state = at == '\n' || at == RESET ? State.BETWEEN : State.SKIPPING;
        sink.onGarbage(what);
    }

    private void forget() {
        held = new byte[0];
        length = 0;
        depth = 0;
    }

    private static boolean isSpace(int value) {
        return value == ' ' || value == '\n' || value == '\r' || value == '\t';
    }

    private static boolean isPunctuation(int value) {
        return value == '}'
                || value == ']'
                || value == ':'
                || value == ','
                || value == '.'
                || value == '+'
                || value == '-';
    }

    private static boolean isWord(int value) {
        return value < 0x80 && Character.isLetterOrDigit(value);
    }

    private static String describe(int value) {
        return value > ' ' && value < 0x7f ? "'" + (char) value + "'" : String.format("0x%02x", value);
    }
}
