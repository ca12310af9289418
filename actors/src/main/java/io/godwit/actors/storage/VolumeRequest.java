package io.godwit.actors.storage;

import io.godwit.config.FieldReader;
import io.godwit.config.InvalidValueException;
import io.godwit.config.ValueType;
import io.godwit.config.device.VolumeRef;
import io.godwit.vmm.storage.CloudSeed;
import io.godwit.vmm.storage.ImageFormat;
import io.godwit.vmm.storage.VolumeStore;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.apache.pekko.actor.typed.ActorRef;

/**
 * A request to make a volume, from the fields of the API.
 *
 * @param host on which; empty where only one host, or a shared pool, can be meant
 * @param message to that host
 */
public record VolumeRequest(
        VolumeRef volume,
        Optional<String> host,
        Function<ActorRef<StorageActor.Answer>, StorageActor.Request> message) {
    private static final ValueType<String> PATH = ValueType.of(
            "the absolute path of a file on the host",
            text -> text.startsWith("/") && text.indexOf(0) < 0,
            text -> text);
    private static final ValueType<String> TEXT = ValueType.text("a text");

    /**
     * Reads {@code pool, name, host} and one of {@code size, preallocate}, {@code import, format} or {@code userData,
     * metaData, networkConfig}.
     *
     * @throws io.godwit.config.InvalidFieldsException naming each field that is missing, malformed or unknown
     */
    public static VolumeRequest parse(Map<String, ?> fields) {
        FieldReader reader = new FieldReader(fields);
        Optional<String> pool = reader.requiredText("pool", VolumeRef.poolType());
        Optional<String> name = reader.requiredText("name", VolumeRef.volumeType());
        Optional<String> host = reader.optionalText("host", ValueType.name());
        Optional<Long> size = reader.optional("size", VolumeStore.sizeType());
        Optional<Boolean> preallocate = reader.optional("preallocate", ValueType.bool());
        Optional<String> source = reader.optionalText("import", PATH);
        Optional<ImageFormat> format = reader.optional("format", ValueType.oneOf(ImageFormat.class));
        Optional<String> userData = reader.optionalText("userData", TEXT);
        Optional<String> metaData = reader.optionalText("metaData", TEXT);
        Optional<String> networkConfig = reader.optionalText("networkConfig", TEXT);
        return reader.finish(() -> {
            if (Stream.of(size, source, userData).filter(Optional::isPresent).count() != 1) {
                throw new InvalidValueException(
                        "size, import, userData",
                        "",
                        "one of the three: how large, a copy of what, or a seed with what");
            }
            refuseBeside("preallocate", preallocate, "size", size);
            refuseBeside("format", format, "import", source);
            refuseBeside("metaData", metaData, "userData", userData);
            refuseBeside("networkConfig", networkConfig, "userData", userData);
            VolumeRef volume = new VolumeRef(pool.orElseThrow(), name.orElseThrow());
            if (size.isPresent()) {
                return new VolumeRequest(
                        volume,
                        host,
                        replyTo ->
                                new StorageActor.CreateVolume(volume, size.get(), preallocate.orElse(false), replyTo));
            } else if (source.isPresent()) {
                return new VolumeRequest(
                        volume,
                        host,
                        replyTo -> new StorageActor.ImportVolume(volume, source.get(), format.orElse(null), replyTo));
            }
            CloudSeed seed = new CloudSeed(
                    userData.orElseThrow(),
                    metaData.orElseGet(() -> CloudSeed.metaDataOf(volume.volume())),
                    networkConfig.orElse(null));
            return new VolumeRequest(volume, host, replyTo -> new StorageActor.SeedVolume(volume, seed, replyTo));
        });
    }

    private static void refuseBeside(String field, Optional<?> given, String other, Optional<?> needed) {
        if (given.isPresent() && needed.isEmpty()) {
            throw new InvalidValueException(field, String.valueOf(given.get()), "only together with " + other);
        }
    }
}
