package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;

import java.io.IOException;
import java.io.InputStream;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit vm serial}: what the guest wrote to its serial port, and what it goes on to write. */
@Command(name = "serial", description = "what a VM wrote to its serial port or virtio console")
final class SerialCommand implements Callable<Integer> {
    /** Stream position of the first byte of the answer. */
    static final String POSITION_HEADER = "Godwit-Serial-Position";

    @Mixin
    private Session session = new Session();

    @Parameters(paramLabel = "VM", description = "name or id")
    private String vm = "";

    @Option(names = "--follow", description = "go on until interrupted, through migrations")
    private boolean follow;

    @Option(names = "--from", paramLabel = "POSITION", description = "stream position to begin at; default 0")
    private long from;

    @Option(
            names = "--device",
            paramLabel = "DEVICE",
            description = "serial, or console for the virtio one; default serial")
    private ConsoleCommand.Device device = ConsoleCommand.Device.SERIAL;

    @Override
    public Integer call() {
        if (follow && session.json()) {
            throw session.usage("--follow and --json exclude each other");
        }
        String path = "/v1/vms/" + segment(vm) + "/serial?from=" + from + "&follow=" + follow;
        if (device == ConsoleCommand.Device.CONSOLE) {
            path += "&device=console";
        }
        HttpResponse<InputStream> response = session.api().stream(path);
        try (InputStream body = response.body()) {
            if (session.json()) {
                return session.printJson(asJson(response, body.readAllBytes()));
            }
            byte[] buffer = new byte[8192];
            for (int read = body.read(buffer); read >= 0; read = body.read(buffer)) {
                session.write(buffer, read);
            }
            return ExitCodes.OK;
        } catch (IOException cut) {
            throw ApiException.unexpected("the serial stream of " + vm + " was cut: " + cut.getMessage());
        }
    }

    private static Map<String, Object> asJson(HttpResponse<?> response, byte[] bytes) {
        long position = response.headers().firstValueAsLong(POSITION_HEADER).orElse(0);
        Map<String, Object> answer = new LinkedHashMap<>();
        answer.put("position", position);
        answer.put("end", position + bytes.length);
        answer.put("text", new String(bytes, StandardCharsets.UTF_8));
        return answer;
    }
}
