package io.godwit.node.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.entry;

import io.godwit.node.http.FakeCluster;
import java.util.Map;
import org.junit.jupiter.api.Test;

class MigrationFiguresTest {
    @Test
    void shouldTellWhatCompressionAndTheCacheOfDifferencesDidAsQemuDoes() {
        Map<String, Object> figures = MigrationFigures.of(FakeCluster.migrationView("active"));

        assertThat(figures.get("compression"))
                .isEqualTo(Map.of(
                        "pages", 10L, "busy", 0, "busy-rate", 0.0, "compressed-size", 4096L, "compression-rate", 10.0));
        assertThat(figures.get("xbzrle-cache"))
                .isEqualTo(Map.of(
                        "cache-size", 1L << 20,
                        "bytes", 2048L,
                        "pages", 8L,
                        "cache-miss", 2L,
                        "cache-miss-rate", 0.2,
                        "encoding-rate", 16.0,
                        "overflow", 0L));
        assertThat(figures).contains(entry("expected-downtime", 11L)).doesNotContainKey("error-desc");
    }
}
