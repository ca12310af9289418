package io.godwit.benchmarks.qemu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.benchmarks.qemu.QmpMessage.Event;
import io.godwit.benchmarks.qemu.QmpMessage.Failure;
import io.godwit.benchmarks.qemu.QmpMessage.Greeting;
import io.godwit.benchmarks.qemu.QmpMessage.Return;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class QmpMessageTest {
    @Test
    void shouldReadTheGreeting() throws Exception {
        assertThat(QmpMessage.parse("""
                {"QMP": {"version": {"qemu": {"micro": 22, "minor": 2, "major": 7}, "package": "Debian"},
                "capabilities": ["oob"]}}""")).isEqualTo(new Greeting("7.2.22"));
    }

    @Test
    void shouldReadAValueWithItsId() throws Exception {
        Return read =
                (Return) QmpMessage.parse("{\"return\": {\"status\": \"completed\", \"total-time\": 2103}, \"id\": 7}");

        assertThat(read.id()).isEqualTo(7);
        assertThat(read.value().path("total-time").asLong()).isEqualTo(2103);
    }

    @Test
    void shouldReadARefusalWithAndWithoutAnId() throws Exception {
        assertThat(QmpMessage.parse(
                        "{\"id\": 3, \"error\": {\"class\": \"GenericError\", \"desc\": \"no such thing\"}}"))
                .isEqualTo(new Failure(3, "GenericError", "no such thing"));
        assertThat(QmpMessage.parse("{\"error\": {\"class\": \"GenericError\", \"desc\": \"JSON parse error\"}}"))
                .isEqualTo(new Failure(-1, "GenericError", "JSON parse error"));
    }

    @Test
    void shouldReadAnEvent() throws Exception {
        Event read = (Event) QmpMessage.parse("""
                {"timestamp": {"seconds": 1, "microseconds": 2}, "event": "MIGRATION", "data": {"status": "active"}}""");

        assertThat(read.name()).isEqualTo("MIGRATION");
        assertThat(read.data().path("status").asText()).isEqualTo("active");
    }

    @ParameterizedTest
    @ValueSource(strings = {"{", "nonsense", "[]", "1", "{}", "{\"error\": 1}", "{\"QMP\": 1}", "{\"event\": 5}"})
    void shouldRefuseWhatIsNoMessageAndShowIt(String line) {
        assertThatThrownBy(() -> QmpMessage.parse(line))
                .isInstanceOf(QmpException.class)
                .hasMessageContaining(line);
    }

    @Test
    void shouldShowNoMoreThanTheBeginningOfALongLine() {
        assertThatThrownBy(() -> QmpMessage.parse("x".repeat(10_000)))
                .isInstanceOf(QmpException.class)
                .satisfies(refused -> assertThat(refused.getMessage()).hasSizeLessThan(200));
    }
}
