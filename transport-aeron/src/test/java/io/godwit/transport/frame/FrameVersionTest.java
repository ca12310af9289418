package io.godwit.transport.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Frames of another version, and kinds that another version has. */
class FrameVersionTest {
    private static final UUID MIGRATION = UUID.fromString("3f1c9b0e-52a1-4e0d-9a55-0c6f5f0f7a11");
    private static final byte UNKNOWN = 120;

    private final UnsafeBuffer frame = new UnsafeBuffer(new byte[FrameHeader.LENGTH + 64]);
    private final List<String> handled = new ArrayList<>();

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 65_535})
    void shouldReadFramesOfTheVersionThatWasAgreedOn(final int version) {
        final FrameWriter writer = writer(version);
        final FrameReader reader = reader(version);

        zeroRun(writer);
        accept(reader, 0);

        assertThat(handled).containsExactly("onZeroRun");
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 3, 65_535})
    void shouldRefuseANewerFrameAndNameBothVersions(final int version) {
        zeroRun(writer(version));

        assertThatThrownBy(() -> accept(reader(1), 0))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining("protocol version " + version + ": 1 is expected");
        assertThat(handled).isEmpty();
    }

    @Test
    void shouldRefuseAnOlderFrameThanWasAgreedOn() {
        zeroRun(writer(1));

        assertThatThrownBy(() -> accept(reader(2), 0)).hasMessageContaining("protocol version 1: 2 is expected");
    }

    @Test
    void shouldSkipAnOptionalKindItDoesNotKnowAndGoOnBehindIt() {
        final FrameWriter writer = writer(1);
        final FrameReader reader = reader(1);

        writer.complete(frame, 0, UNKNOWN, FrameHeader.OPTIONAL, 0, 0, 64);
        accept(reader, 64);
        zeroRun(writer);
        accept(reader, 0);

        assertThat(handled).containsExactly("onZeroRun");
    }

    @Test
    void shouldRefuseAMandatoryKindItDoesNotKnow() {
        writer(1).complete(frame, 0, UNKNOWN, (byte) 0, 0, 0, 64);

        assertThatThrownBy(() -> accept(reader(1), 64))
                .isInstanceOf(BadFrameException.class)
                .hasMessageContaining("kind 120: one this version knows, or an optional one");
        assertThat(handled).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 65_536})
    void shouldRefuseAVersionThatAFrameCannotCarry(final int version) {
        assertThatThrownBy(() -> new StreamIdentity(MIGRATION, 0, 1, version)).hasMessageContaining("" + version);
    }

    private void zeroRun(final FrameWriter writer) {
        writer.complete(frame, 0, FrameKind.ZERO_RUN, 4096, 1, 0);
    }

    private void accept(final FrameReader reader, final int payloadLength) {
        reader.accept(frame, 0, FrameHeader.LENGTH + payloadLength);
    }

    private static FrameWriter writer(final int version) {
        return new FrameWriter(new StreamIdentity(MIGRATION, 0, 1, version));
    }

    /** Notes what it is told, whatever else a handler may be told in time to come. */
    private FrameReader reader(final int version) {
        final FrameHandler handler = (FrameHandler) Proxy.newProxyInstance(
                getClass().getClassLoader(), new Class<?>[] {FrameHandler.class}, (proxy, method, arguments) -> {
                    handled.add(method.getName());
                    return null;
                });
        return new FrameReader(new StreamIdentity(MIGRATION, 0, 1, version), handler);
    }
}
