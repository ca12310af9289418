package io.godwit.node.cli;

import static io.godwit.node.cli.ApiClient.segment;

import io.godwit.config.Units;
import io.godwit.node.api.VolumeInfo;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code godwit volume ...}. */
@Command(name = "volume", description = "disk images in storage pools")
final class VolumeCommands extends WithHelp {
    private static final String VOLUMES = "/v1/volumes";
    private static final String VOLUME = "POOL/VOLUME";
    private static final String HOST = "on which host; needed where several have a local pool of that name";

    @Command(name = "list", description = "all volumes of the cluster")
    int list(@Mixin Session session) {
        byte[] answer = session.api().get(VOLUMES);
        return session.print(answer, () -> {
            Table table = new Table("VOLUME", "SIZE", "KIND", "HOSTS");
            for (VolumeInfo volume : session.api().read(answer, VolumeInfo[].class)) {
                table.row(
                        volume.pool() + "/" + volume.name(),
                        Units.formatSize(volume.sizeBytes()),
                        volume.kind(),
                        String.join(",", volume.hosts()));
            }
            return table.toString();
        });
    }

    @Command(name = "create", description = "make an empty volume")
    int create(
            @Mixin Session session,
            @Parameters(index = "0", paramLabel = VOLUME, description = "its pool and name") String volume,
            @Option(names = "--size", required = true, paramLabel = "SIZE", description = "1MiB to 64TiB") String size,
            @Option(names = "--preallocate", description = "take its room now, not when it is written")
                    boolean preallocate,
            @Option(names = "--host", paramLabel = "HOST", description = HOST) @Nullable String host) {
        Map<String, Object> body = body(session, volume, host);
        body.put("size", size);
        if (preallocate) {
            body.put("preallocate", true);
        }
        return made(session, body);
    }

    @Command(name = "import", description = "copy an image of a host into a volume")
    int importImage(
            @Mixin Session session,
            @Parameters(index = "0", paramLabel = VOLUME, description = "its pool and name") String volume,
            @Parameters(index = "1", paramLabel = "FILE", description = "absolute path on the host") String file,
            @Option(names = "--format", paramLabel = "FORMAT", description = "raw or qcow2; default raw") @Nullable
                    String format,
            @Option(names = "--host", paramLabel = "HOST", description = HOST) @Nullable String host) {
        Map<String, Object> body = body(session, volume, host);
        body.put("import", file);
        VmCommands.putIfGiven(body, "format", format);
        return made(session, body);
    }

    @Command(name = "seed", description = "make a disk from which cloud-init configures a guest")
    int seed(
            @Mixin Session session,
            @Parameters(index = "0", paramLabel = VOLUME, description = "its pool and name") String volume,
            @Option(names = "--user-data", required = true, paramLabel = "FILE", description = "cloud-init's user-data")
                    Path userData,
            @Option(
                            names = "--meta-data",
                            paramLabel = "FILE",
                            description = "default: the volume's name as instance-id")
                    @Nullable
                    Path metaData,
            @Option(names = "--network-config", paramLabel = "FILE", description = "cloud-init's network-config")
                    @Nullable
                    Path networkConfig,
            @Option(names = "--host", paramLabel = "HOST", description = HOST) @Nullable String host) {
        Map<String, Object> body = body(session, volume, host);
        body.put("userData", text(session, userData));
        VmCommands.putIfGiven(body, "metaData", metaData == null ? null : text(session, metaData));
        VmCommands.putIfGiven(body, "networkConfig", networkConfig == null ? null : text(session, networkConfig));
        return made(session, body);
    }

    private static String text(Session session, Path file) {
        try {
            return Files.readString(file);
        } catch (IOException unreadable) {
            throw session.usage(file + " cannot be read as text: " + unreadable);
        }
    }

    @Command(name = "resize", description = "change a volume's size")
    int resize(
            @Mixin Session session,
            @Parameters(index = "0", paramLabel = VOLUME, description = "its pool and name") String volume,
            @Parameters(index = "1", paramLabel = "SIZE", description = "1MiB to 64TiB") String size,
            @Option(names = "--shrink", description = "lose what is behind the new end") boolean shrink,
            @Option(names = "--host", paramLabel = "HOST", description = HOST) @Nullable String host) {
        byte[] answer = session.api()
                .post(path(session, volume) + "/resize" + query(host), Map.of("size", size, "shrink", shrink));
        return print(session, answer, "has now");
    }

    @Command(name = "delete", description = "remove a volume that no VM has")
    int delete(
            @Mixin Session session,
            @Parameters(index = "0", paramLabel = VOLUME, description = "its pool and name") String volume,
            @Option(names = "--host", paramLabel = "HOST", description = HOST) @Nullable String host) {
        session.api().delete(path(session, volume) + query(host));
        return session.json()
                ? session.printJson(Map.of("deleted", volume))
                : session.printText("volume %s is deleted%n".formatted(volume));
    }

    private static int made(Session session, Map<String, Object> body) {
        return print(session, session.api().post(VOLUMES, body), "is made, of");
    }

    private static int print(Session session, byte[] answer, String verb) {
        return session.print(answer, () -> {
            VolumeInfo volume = session.api().read(answer, VolumeInfo.class);
            return "volume %s/%s on %s %s %s%n"
                    .formatted(
                            volume.pool(),
                            volume.name(),
                            String.join(", ", volume.hosts()),
                            verb,
                            Units.formatSize(volume.sizeBytes()));
        });
    }

    private static Map<String, Object> body(Session session, String volume, @Nullable String host) {
        String[] parts = split(session, volume);
        Map<String, Object> body = new LinkedHashMap<>();
        body.put("pool", parts[0]);
        body.put("name", parts[1]);
        VmCommands.putIfGiven(body, "host", host);
        return body;
    }

    private static String path(Session session, String volume) {
        String[] parts = split(session, volume);
        return VOLUMES + '/' + segment(parts[0]) + '/' + segment(parts[1]);
    }

    private static String query(@Nullable String host) {
        return host == null ? "" : "?host=" + segment(host);
    }

    private static String[] split(Session session, String volume) {
        int slash = volume.indexOf('/');
        if (slash <= 0 || slash == volume.length() - 1) {
            throw session.usage("\"" + volume + "\" is not accepted; expected " + VOLUME);
        }
        return new String[] {volume.substring(0, slash), volume.substring(slash + 1)};
    }
}
