package io.godwit.migration.harness;

import io.godwit.transport.driver.DriverSettings;
import io.godwit.transport.stream.PageTransport;
import java.nio.file.Path;
import java.util.UUID;

/** What a node gives to migrations: its media driver. */
public final class TestNode implements AutoCloseable {
    private final PageTransport transport;

    public TestNode() {
        transport = PageTransport.start(DriverSettings.in(Path.of(
                "/dev/shm", "godwit-test-" + UUID.randomUUID().toString().substring(0, 8))));
    }

    public PageTransport transport() {
        return transport;
    }

    @Override
    public void close() {
        transport.close();
    }
}
