package io.godwit.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class UnitsTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0",
        "4096, 4096",
        "17B, 17",
        "64KiB, 65536",
        "512MiB, 536870912",
        "4GiB, 4294967296",
        "4 GiB, 4294967296",
        "1.5GiB, 1610612736",
        "2TiB, 2199023255552"
    })
    void shouldReadSizes(String text, long bytes) {
        assertThat(Units.parseSize("memory", text)).isEqualTo(bytes);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "GiB", "-1", "4GB", "4gib", "4G", "1e9", "0.3B", "99999999999TiB", "4GiB x", "٤GiB", "1,5GiB"
            })
    void shouldRefuseWhatIsNoSize(String text) {
        assertThatThrownBy(() -> Units.parseSize("memory", text))
                .isInstanceOf(InvalidValueException.class)
                .hasMessageStartingWith("memory: \"" + text + "\" is not accepted; expected a size such as 512MiB");
    }

    @ParameterizedTest
    @CsvSource({"300ms, 300", "1.5s, 1500", "10m, 600000", "2min, 120000", "1h, 3600000"})
    void shouldReadDurations(String text, long durationMs) {
        assertThat(Units.parseDurationMs("limit", text)).isEqualTo(durationMs);
    }

    @ParameterizedTest
    @ValueSource(strings = {"300", "300us", "ms", "-1s", "0.0001s", "1d"})
    void shouldRefuseWhatIsNoDuration(String text) {
        assertThatThrownBy(() -> Units.parseDurationMs("limit", text)).isInstanceOf(InvalidValueException.class);
    }

    @ParameterizedTest
    @CsvSource({"unlimited, 0", "0, 0", "1000, 1000", "100MiB/s, 104857600", "1GiB/s, 1073741824"})
    void shouldReadRates(String text, long bytesPerSecond) {
        assertThat(Units.parseRate("max", text)).isEqualTo(bytesPerSecond);
    }

    @ParameterizedTest
    @ValueSource(strings = {"100MiB", "100/s", "100Mbit/s", "/s", "", "100MiB/m"})
    void shouldRefuseWhatIsNoRate(String text) {
        assertThatThrownBy(() -> Units.parseRate("max", text)).isInstanceOf(InvalidValueException.class);
    }

    @Test
    void shouldReadBackEverySizeItWrites() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 1_000; i++) {
            long bytes = random.nextLong(1L << 50) >>> random.nextInt(40) << random.nextInt(10);
            assertThat(Units.parseSize("size", Units.formatSize(bytes)))
                    .as("seed %d", seed)
                    .isEqualTo(bytes);
            assertThat(Units.parseRate("rate", Units.formatRate(bytes)))
                    .as("seed %d", seed)
                    .isEqualTo(bytes);
            assertThat(Units.parseDurationMs("duration", Units.formatDurationMs(bytes)))
                    .as("seed %d", seed)
                    .isEqualTo(bytes);
        }
    }

    @Test
    void shouldWriteForPeople() {
        assertThat(Units.formatSize(1536L << 20)).isEqualTo("1536MiB");
        assertThat(Units.formatApproximateSize(1536L << 20)).isEqualTo("1.5GiB");
        assertThat(Units.formatApproximateSize(1023)).isEqualTo("1023B");
        assertThat(Units.formatDurationMs(90_000)).isEqualTo("90s");
        assertThat(Units.formatMeasuredMs(4.21)).isEqualTo("4.2ms");
        assertThat(Units.formatMeasuredMs(812.4)).isEqualTo("812ms");
        assertThat(Units.formatMeasuredMs(2_408)).isEqualTo("2.41s");
    }
}
