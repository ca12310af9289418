package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;
import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A VM that runs the Linux of {@code guests/linux}, made through the API and looked at by its serial port. */
public final class LinuxVm {
    private static final Duration LIMIT = Duration.ofSeconds(60);
    private static final Pattern WRITTEN = Pattern.compile("init: blocks (\\d+)");

    private final TestNode asked;
    private final String name;

    private LinuxVm(TestNode asked, String name) {
        this.asked = asked;
        this.name = name;
    }

    /**
     * Creates and starts it, with a disk for its root and an interface in network {@code lan}.
     *
     * @param address its own in that network
     */
    public static LinuxVm start(TestNode host, LinuxGuest linux, String volume, String address) {
        Map<String, Object> body = new HashMap<>();
        body.put("name", "linux");
        body.put("memory", LinuxGuest.MEMORY);
        body.put("kernel", linux.kernel().toString());
        body.put("cmdline", LinuxGuest.cmdline(address));
        body.put("disks", List.of(Map.of("volume", volume)));
        body.put("nics", List.of(Map.of("network", "lan")));
        body.put("devices", List.of("rng", "balloon", "console"));
        body.put("host", host.name());
        JsonNode created = host.rest().post("/v1/vms", body).ok();
        LinuxVm vm = new LinuxVm(host, created.path("name").asText());
        host.rest().post("/v1/vms/" + vm.name + "/start", Map.of()).ok();
        return vm;
    }

    public String name() {
        return name;
    }

    /** What it wrote to its serial port so far. */
    public String serial() {
        try (InputStream answer = asked.rest().stream("/v1/vms/" + name + "/serial")) {
            return new String(answer.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException interrupted) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted while the serial port is read", interrupted);
        }
    }

    public void awaitSerial(String text, Duration limit) {
        awaitSerial(text, 1, limit);
    }

    /** Waits until it has written a text so many times. */
    public void awaitSerial(String text, int times, Duration limit) {
        try {
            String what = "the guest says \"" + text + "\", " + times + " times";
            within(limit, what, () -> serial().split(Pattern.quote(text), -1).length > times);
        } catch (RuntimeException late) {
            throw new AssertionError("the guest said only:\n" + serial(), late);
        }
    }

    /** Waits until its program has written, and read back, more than it has now. */
    public void awaitBlocksWritten() {
        long before = blocksWritten();
        within(LIMIT, "the guest writes to its disk", () -> blocksWritten() > before);
    }

    private long blocksWritten() {
        long last = 0;
        Matcher matcher = WRITTEN.matcher(serial());
        while (matcher.find()) {
            last = Long.parseLong(matcher.group(1));
        }
        return last;
    }

    /** Moves it, and waits until the source has let go; returns the migration's last view. */
    public JsonNode move(TestNode from, TestNode to) {
        JsonNode accepted = from.rest()
                .post("/v1/vms/" + name + "/migrations", Map.of("target", to.name()))
                .ok();
        JsonNode end = new Migration(from, accepted.path("id").asText()).awaitEnd(LIMIT);
        assertThat(end.path("status").asText()).as(end.toString()).isEqualTo("completed");
        within(LIMIT, name + " is running and not migrating", () -> {
            JsonNode view = view();
            return view.path("status").asText().equals("running")
                    && view.path("migration").isNull();
        });
        return end;
    }

    /** Gives it another disk. */
    public void attach(String volume) {
        asked.rest()
                .post("/v1/vms/" + name + "/disks", Map.of("volume", volume))
                .ok();
    }

    /** Has it let a disk go. */
    public void detach(String disk) {
        asked.rest()
                .delete("/v1/vms/" + name + "/disks/" + disk.substring(disk.indexOf('/') + 1))
                .ok();
    }

    /** Presses its power button, and waits until it has switched itself off. */
    public void powerDown() {
        asked.rest().post("/v1/vms/" + name + "/powerdown", Map.of()).ok();
        awaitStopped();
    }

    /** Powers it off at once. */
    public void stop() {
        asked.rest().post("/v1/vms/" + name + "/stop", Map.of()).ok();
        awaitStopped();
    }

    private void awaitStopped() {
        within(LIMIT, name + " is stopped", () -> view().path("status").asText().equals("stopped"));
    }

    /** The VM as the API shows it. */
    public JsonNode view() {
        return asked.rest().get("/v1/vms/" + name).ok();
    }
}
