package io.godwit.node;

import io.godwit.actors.migration.MigrationBook;
import io.godwit.actors.vault.MachineVault;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.binder.jvm.JvmGcMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmMemoryMetrics;
import io.micrometer.core.instrument.binder.jvm.JvmThreadMetrics;
import io.micrometer.core.instrument.binder.system.FileDescriptorMetrics;
import io.micrometer.core.instrument.binder.system.ProcessorMetrics;
import io.micrometer.core.instrument.binder.system.UptimeMetrics;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.util.List;

/** What {@code /metrics} shows. Read when it is asked for; nothing is sampled in between. */
final class NodeMetrics implements AutoCloseable {
    private static final List<String> ENDS = List.of("completed", "failed", "cancelled");

    private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
    private final JvmGcMetrics gc = new JvmGcMetrics();

    NodeMetrics(MachineVault vault, MigrationBook migrations) {
        gc.bindTo(registry);
        new JvmMemoryMetrics().bindTo(registry);
        new JvmThreadMetrics().bindTo(registry);
        new ProcessorMetrics().bindTo(registry);
        new FileDescriptorMetrics().bindTo(registry);
        new UptimeMetrics().bindTo(registry);
        Gauge.builder("godwit.machines", vault, v -> v.machines().size())
                .description("machines of this host")
                .register(registry);
        Gauge.builder(
                        "godwit.permit.valid",
                        vault,
                        v -> v.permits().permitEndsMs().isPresent() ? 1 : 0)
                .description("1 while this host has a run permit, 0 while it has lost the ledger's quorum")
                .register(registry);
        Gauge.builder("godwit.guest.memory.total", vault, MachineVault::totalMemoryBytes)
                .baseUnit("bytes")
                .description("most RAM of all guests together")
                .register(registry);
        Gauge.builder("godwit.guest.memory.used", vault, MachineVault::usedMemoryBytes)
                .baseUnit("bytes")
                .description("RAM that guests have or that is reserved for them")
                .register(registry);
        Gauge.builder("godwit.migrations.active", migrations, NodeMetrics::active)
                .description("migrations under way that this host takes part in")
                .register(registry);
        for (String end : ENDS) {
            Gauge.builder("godwit.migrations.remembered", migrations, book -> ended(book, end))
                    .tag("status", end)
                    .description("migrations this host took part in and remembers, by how they ended")
                    .register(registry);
        }
    }

    private static double active(MigrationBook book) {
        return book.list().stream().filter(view -> !view.ended()).count();
    }

    private static double ended(MigrationBook book, String status) {
        return book.list().stream().filter(view -> view.status().equals(status)).count();
    }

    PrometheusMeterRegistry registry() {
        return registry;
    }

    @Override
    public void close() {
        gc.close();
        registry.close();
    }
}
