package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A client that reads an answer without end, line by line, over one connection. */
public final class LineFollower implements AutoCloseable {
    private final InputStream stream;
    private final StringBuffer text = new StringBuffer();

    private LineFollower(InputStream stream) {
        this.stream = stream;
    }

    /** Follows a VM's serial output, asked of any node. */
    public static LineFollower serial(TestNode asked, ProbeVm vm) throws IOException, InterruptedException {
        return serial(asked, vm.name());
    }

    /** The same, of a VM by its name. */
    public static LineFollower serial(TestNode asked, String vm) throws IOException, InterruptedException {
        return start(asked, "/v1/vms/" + vm + "/serial?follow=true");
    }

    /** Follows what happens in the cluster, as server-sent events. */
    public static LineFollower events(TestNode asked) throws IOException, InterruptedException {
        return start(asked, "/v1/events");
    }

    private static LineFollower start(TestNode asked, String path) throws IOException, InterruptedException {
        LineFollower follower = new LineFollower(asked.rest().stream(path));
        Thread reader = new Thread(follower::read, "godwit-it-follower");
        reader.setDaemon(true);
        reader.start();
        return follower;
    }

    private void read() {
        byte[] buffer = new byte[4096];
        try {
            for (int length = stream.read(buffer); length >= 0; length = stream.read(buffer)) {
                text.append(new String(buffer, 0, length, StandardCharsets.UTF_8));
            }
        } catch (IOException closed) {
            // By close(), or by the node's end: what was read stands.
        }
    }

    /** The whole lines read so far. */
    public List<String> lines() {
        String read = text.toString();
        return read.substring(0, read.lastIndexOf('\n') + 1).lines().toList();
    }

    /** Waits until so many lines were read. */
    public void awaitLines(int count, Duration limit) {
        within(limit, count + " lines", () -> lines().size() >= count);
    }

    /** Waits until some line holds all of these. */
    public void awaitLineWith(Duration limit, String... parts) {
        within(
                limit,
                "a line with " + List.of(parts),
                () -> lines().stream().anyMatch(line -> List.of(parts).stream().allMatch(line::contains)));
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
