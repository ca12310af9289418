package io.godwit.integration.harness;

import static io.godwit.integration.harness.Deadline.within;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;

/** A client that follows a VM's serial output over one connection. */
public final class SerialFollower implements AutoCloseable {
    private final InputStream stream;
    private final StringBuffer text = new StringBuffer();

    private SerialFollower(InputStream stream) {
        this.stream = stream;
    }

    public static SerialFollower start(TestNode asked, ProbeVm vm) throws IOException, InterruptedException {
        SerialFollower follower =
                new SerialFollower(asked.rest().stream("/v1/vms/" + vm.name() + "/serial?follow=true"));
        Thread reader = new Thread(follower::read, "godwit-it-serial");
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
        within(limit, count + " lines of serial output", () -> lines().size() >= count);
    }

    @Override
    public void close() throws IOException {
        stream.close();
    }
}
