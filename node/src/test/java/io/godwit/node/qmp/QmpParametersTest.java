package io.godwit.node.qmp;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.godwit.config.MigrationParameter;
import io.godwit.config.MigrationParameters;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class QmpParametersTest {
    @Test
    void shouldTellEveryParameterInQmpsUnitsAndReadItBack() {
        MigrationParameters set = MigrationParameters.of(MigrationParameter.DOWNTIME_LIMIT, "2s")
                .with(MigrationParameter.MAX_BANDWIDTH, "100MiB/s")
                .with(MigrationParameter.XBZRLE_CACHE_SIZE, "128MiB")
                .with(MigrationParameter.VCPU_DIRTY_LIMIT, "3MiB/s")
                .with(MigrationParameter.TIMEOUT, "1m")
                .with(MigrationParameter.ZERO_PAGES, false);

        Map<String, Object> json = QmpParameters.toJson(set);

        assertThat(json)
                .containsEntry("downtime-limit", 2_000L)
                .containsEntry("max-bandwidth", 100L << 20)
                .containsEntry("xbzrle-cache-size", 128L << 20)
                .containsEntry("vcpu-dirty-limit", 3L)
                .containsEntry("timeout", 60_000L)
                .containsEntry("zero-page-detection", "none")
                .containsEntry("multifd-compression", "none")
                .doesNotContainKey("xbzrle");
        MigrationParameters again = QmpParameters.parse(json);
        for (MigrationParameter<?> parameter : MigrationParameter.ALL) {
            assertThat(again.get(parameter)).as(parameter.name()).isEqualTo(set.get(parameter));
        }
    }

    @Test
    void shouldRefuseByNameWhatIsNotAParameterHere() {
        assertThatThrownBy(() -> QmpParameters.parse(Map.of("tls-creds", "x"))).hasMessageContaining("certificates");
        assertThatThrownBy(() -> QmpParameters.parse(Map.of("xbzrle", true))).hasMessageContaining("capability");
        assertThatThrownBy(() -> QmpParameters.parse(Map.of("downtime-limit", 0)))
                .hasMessageContaining("downtime-limit");
        assertThatThrownBy(() -> QmpParameters.parse(Map.of("compress-wait-thread", 1)))
                .hasMessageContaining("expected: boolean");
    }

    @Test
    void shouldMapCapabilitiesOntoParameters() {
        MigrationParameters none = MigrationParameters.NONE;

        assertThat(set(none, "xbzrle", true).get(MigrationParameter.XBZRLE)).isTrue();
        assertThat(set(none, "compress", true).text(MigrationParameter.COMPRESSION))
                .isEqualTo("zlib");
        MigrationParameters zstd = MigrationParameters.of(MigrationParameter.COMPRESSION, "zstd");
        assertThat(set(zstd, "compress", true).isEmpty()).as("it is on").isTrue();
        assertThat(set(none, "multifd", true).isEmpty()).isTrue();
        assertThat(set(none, "postcopy-ram", false).isEmpty()).isTrue();
        assertThatThrownBy(() -> set(none, "multifd", false)).hasMessageContaining("multifd-channels");
        assertThatThrownBy(() -> set(none, "postcopy-ram", true)).hasMessageContaining("postcopy-ram");
        assertThatThrownBy(() -> set(none, "dirty-limit", true)).hasMessageContaining("vcpu-dirty-limit");
        assertThatThrownBy(() -> set(none, "warp-drive", true)).hasMessageContaining("warp-drive");
    }

    private static MigrationParameters set(MigrationParameters before, String name, boolean state) {
        return QmpCapabilities.parse(List.of(new QmpArguments(Map.of("capability", name, "state", state))), before);
    }

    @Test
    void shouldNameATargetByItsHostOnly() {
        assertThat(MigrationCommands.hostOf("godwit:beta")).isEqualTo("beta");
        assertThat(MigrationCommands.hostOf("beta.rack-2")).isEqualTo("beta.rack-2");
        for (String uri : List.of("tcp:beta:4444", "exec:cat", "fd:7", "godwit:", "", "unix:/x")) {
            assertThatThrownBy(() -> MigrationCommands.hostOf(uri)).hasMessageContaining("godwit:HOST");
        }
    }
}
