package io.godwit.node.cli;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.godwit.node.api.Json;
import io.godwit.node.api.VmInfo;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Timeout;
import picocli.CommandLine;

/** The CLI against an HTTP server that answers what the test queued. */
@Timeout(30)
abstract class CliHarness {
    static final List<VmInfo.DiskInfo> DISKS =
            List.of(new VmInfo.DiskInfo("disk/0", 1, "fast/root.raw", true, "none", 4));
    static final List<VmInfo.NicInfo> NICS = List.of(new VmInfo.NicInfo("nic/0", 2, "lan", "02:00:00:00:00:01", 2));

    private record Answer(int status, String body) {}

    final List<String> requests = new CopyOnWriteArrayList<>();
    private final Deque<Answer> answers = new ArrayDeque<>();
    private final PrintStream stdout = System.out;
    HttpServer server;
    String out = "";
    String err = "";

    @BeforeEach
    void startServer() throws IOException {
        server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    @AfterEach
    void stopServer() {
        System.setOut(stdout);
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String body = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        requests.add((exchange.getRequestMethod() + " " + exchange.getRequestURI() + " " + body).strip());
        Answer answer;
        synchronized (answers) {
            answer = answers.isEmpty() ? new Answer(500, "the test queued no answer") : answers.poll();
        }
        byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Godwit-Serial-Position", "40");
        exchange.sendResponseHeaders(answer.status(), bytes.length == 0 ? -1 : bytes.length);
        exchange.getResponseBody().write(bytes);
        exchange.close();
    }

    void queue(int status, Object body) {
        synchronized (answers) {
            answers.add(new Answer(status, body instanceof String text ? text : Json.writeText(body)));
        }
    }

    int run(String... arguments) {
        ByteArrayOutputStream captured = new ByteArrayOutputStream();
        ByteArrayOutputStream errors = new ByteArrayOutputStream();
        System.setOut(new PrintStream(captured, true, StandardCharsets.UTF_8));
        CommandLine commands = GodwitCommand.create().setErr(new PrintWriter(errors, true, StandardCharsets.UTF_8));
        int code = commands.execute(arguments);
        System.setOut(stdout);
        out = captured.toString(StandardCharsets.UTF_8);
        err = errors.toString(StandardCharsets.UTF_8);
        return code;
    }

    String api() {
        return "--api=http://127.0.0.1:" + server.getAddress().getPort();
    }

    static VmInfo vm(String name, String status) {
        return new VmInfo(
                "id-" + name,
                name,
                "alpha",
                status,
                1536L << 20,
                2,
                "/k",
                "",
                null,
                "bitmap",
                List.of(),
                DISKS,
                NICS,
                List.of("rng", "balloon"),
                true,
                "on-crash",
                70,
                true,
                List.of(new VmInfo.RuleInfo("apart", false, List.of("web"), null)),
                "beta",
                List.of("rack-7"),
                true,
                1,
                "kvm",
                null,
                "",
                List.of(new VmInfo.DeviceInfo("disk/0", "disk", "failed", "a loop of descriptors")),
                "f81d4fae-7dec-11d0-a765-00a0c91e6bf6",
                7,
                new VmInfo.GuestActInfo("debug-exit", 7, "the guest ended with code 7", "2026-01-01T00:00:00Z"),
                true,
                "permit");
    }
}
