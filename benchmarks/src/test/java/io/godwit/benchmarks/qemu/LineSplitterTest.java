package io.godwit.benchmarks.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LineSplitterTest {
    private static ByteBuffer bytes(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    @Test
    void shouldMakeTheSameLinesWhereverTheStreamIsCut() throws Exception {
        byte[] stream = "{\"a\": \"é\"}\r\n\n{\"b\": 2}\r\n{\"c\"".getBytes(StandardCharsets.UTF_8);
        for (int cut = 0; cut <= stream.length; cut++) {
            LineSplitter splitter = new LineSplitter();
            List<String> lines = new ArrayList<>(splitter.add(ByteBuffer.wrap(stream, 0, cut)));
            lines.addAll(splitter.add(ByteBuffer.wrap(stream, cut, stream.length - cut)));

            assertThat(lines).as("cut at %d", cut).containsExactly("{\"a\": \"é\"}", "{\"b\": 2}");
        }
    }

    @Test
    void shouldRefuseALineWithoutEnd() throws Exception {
        LineSplitter splitter = new LineSplitter();
        splitter.add(bytes("x".repeat(LineSplitter.LIMIT_BYTES)));

        assertThatThrownBy(() -> splitter.add(bytes("x")))
                .isInstanceOf(QmpException.class)
                .hasMessageContaining("" + LineSplitter.LIMIT_BYTES);
    }
}
