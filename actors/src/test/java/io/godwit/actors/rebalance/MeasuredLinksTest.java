package io.godwit.actors.rebalance;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.host.HostLoad;
import io.godwit.control.inventory.Host;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class MeasuredLinksTest {
    private static final List<Host> HOSTS =
            List.of(Host.of("a", 1 << 30, 4), Host.of("b", 1 << 30, 4), Host.of("c", 1 << 30, 4), Host.of("d", 0, 1));

    @Test
    void shouldTakeWhatWasMeasuredAndForTheOthersTheirMean() {
        assertThat(MeasuredLinks.on(HOSTS, Map.of("a", load(100_000_000), "b", load(300_000_000), "c", load(0))))
                .extracting(Host::migrationBytesPerSecond)
                .containsExactly(100_000_000L, 300_000_000L, 200_000_000L, 200_000_000L);
    }

    @Test
    void shouldTakeTheUsualWhereNothingWasMeasured() {
        assertThat(MeasuredLinks.on(HOSTS, Map.of("a", load(0))))
                .extracting(Host::migrationBytesPerSecond)
                .containsOnly(Host.DEFAULT_MIGRATION_BYTES_PER_SECOND);
    }

    @Test
    void shouldNotBelieveWhatNoLinkCarries() {
        assertThat(MeasuredLinks.on(HOSTS, Map.of("a", load(Long.MAX_VALUE), "b", load(17))))
                .extracting(Host::migrationBytesPerSecond)
                .startsWith(Host.MAX_BYTES_PER_SECOND, Host.MIN_BYTES_PER_SECOND);
    }

    private static HostLoad load(long bytesPerSecond) {
        return new HostLoad(new TreeMap<>(), new TreeMap<>(), bytesPerSecond);
    }
}
