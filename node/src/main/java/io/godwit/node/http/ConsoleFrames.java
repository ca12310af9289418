package io.godwit.node.http;

import org.apache.pekko.http.impl.engine.ws.FrameEvent;
import org.apache.pekko.http.impl.engine.ws.FrameStart;
import org.apache.pekko.http.impl.engine.ws.Protocol;
import org.apache.pekko.util.ByteString;
import scala.Option;

/** The frames that a console sends; a server's are not masked (RFC 6455, 5.1). */
final class ConsoleFrames {
    private static final byte BINARY = 0x2;
    private static final byte CLOSE = 0x8;
    private static final byte PING_CODE = 0x9;
    private static final byte PONG = 0xa;

    static final FrameEvent PING = frame(PING_CODE, ByteString.emptyByteString());

    private ConsoleFrames() {}

    static FrameEvent binary(ByteString bytes) {
        return frame(BINARY, bytes);
    }

    static FrameEvent close(ConsoleEnd end) {
        return FrameEvent.closeFrame(end.code(), end.reason(), Option.empty());
    }

    private static FrameEvent frame(byte opcode, ByteString bytes) {
        return FrameEvent.fullFrame(
                Protocol.Opcode$.MODULE$.forCode(opcode), Option.empty(), bytes, true, false, false, false);
    }

    /** A control frame of the viewer's, which may come in parts. */
    static final class Control {
        private byte opcode;
        private ByteString payload = ByteString.emptyByteString();

        void begin(FrameStart start) {
            opcode = start.header().opcode().code();
            payload = ByteString.emptyByteString();
        }

        void add(ByteString part) {
            payload = payload.concat(part);
        }

        boolean isClose() {
            return opcode == CLOSE;
        }

        boolean isPing() {
            return opcode == PING_CODE;
        }

        FrameEvent pong() {
            return frame(PONG, payload);
        }
    }
}
