package io.godwit.config;

import com.typesafe.config.ConfigObject;
import com.typesafe.config.ConfigValue;
import io.godwit.config.NodeConfig.Network;
import io.godwit.config.NodeConfig.PoolFencing;
import io.godwit.config.NodeConfig.PoolKind;
import io.godwit.config.NodeConfig.Resources;
import io.godwit.config.NodeConfig.StoragePool;
import io.godwit.config.device.NicSpec;
import io.godwit.config.device.VolumeRef;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/** The sections {@code storage} and {@code network}. Whether directories and bridges are there is found out at use. */
final class ResourcesReader {
    private static final List<String> POOL_FIELDS = List.of("name", "path", "kind", "fencing");
    private static final List<String> NETWORK_FIELDS = List.of("name", "bridge");
    /** What the kernel takes, less what shells do not. */
    private static final Pattern INTERFACE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,14}");

    private final ConfigSource source;

    ResourcesReader(ConfigSource source) {
        this.source = source;
    }

    /** An absolute path. */
    static ValueType<Path> directoryType() {
        return ValueType.of("an absolute path of a directory", text -> text.startsWith("/"), Path::of);
    }

    /** The name of one of the host's network interfaces. */
    static ValueType<String> interfaceType() {
        return ValueType.of(
                "an interface's name, at most 15 characters",
                text -> INTERFACE.matcher(text).matches(),
                text -> text);
    }

    Resources read() {
        return new Resources(pools(), networks());
    }

    private List<StoragePool> pools() {
        List<StoragePool> pools = new ArrayList<>();
        Set<String> names = new HashSet<>();
        List<ConfigValue> items = source.items(ConfigKeys.POOLS);
        for (int i = 0; i < items.size(); i++) {
            String path = ConfigKeys.POOLS.path() + '[' + i + ']';
            entry(path, items.get(i), POOL_FIELDS, ConfigKeys.POOLS)
                    .flatMap(entry -> pool(path, entry, names))
                    .ifPresent(pools::add);
        }
        return pools;
    }

    private Optional<StoragePool> pool(String path, ConfigObject entry, Set<String> names) {
        Optional<String> name = source.field(entry, path, "name", VolumeRef.poolType());
        Optional<Path> directory = source.field(entry, path, "path", directoryType());
        Optional<PoolKind> kind = source.field(entry, path, "kind", ValueType.oneOf(PoolKind.class));
        Optional<PoolFencing> fencing = fencing(path, entry, kind);
        name.ifPresent(given -> refuseTwin(path, entry, given, names));
        return name.isEmpty() || directory.isEmpty() || kind.isEmpty() || fencing.isEmpty()
                ? Optional.empty()
                : Optional.of(new StoragePool(name.get(), directory.get(), kind.get(), fencing.get()));
    }

    private Optional<PoolFencing> fencing(String path, ConfigObject entry, Optional<PoolKind> kind) {
        if (!entry.containsKey("fencing")) {
            return Optional.of(PoolFencing.NONE);
        }
        if (kind.filter(PoolKind.LOCAL::equals).isPresent()) {
            source.refuse(
                    path + ".fencing",
                    entry.get("fencing"),
                    "the disks of a local pool are started nowhere else; expected it only where kind = shared");
        }
        return source.field(entry, path, "fencing", ValueType.oneOf(PoolFencing.class));
    }

    private List<Network> networks() {
        List<Network> networks = new ArrayList<>();
        Set<String> names = new HashSet<>();
        List<ConfigValue> items = source.items(ConfigKeys.NETWORKS);
        for (int i = 0; i < items.size(); i++) {
            String path = ConfigKeys.NETWORKS.path() + '[' + i + ']';
            entry(path, items.get(i), NETWORK_FIELDS, ConfigKeys.NETWORKS)
                    .flatMap(entry -> network(path, entry, names))
                    .ifPresent(networks::add);
        }
        return networks;
    }

    private Optional<Network> network(String path, ConfigObject entry, Set<String> names) {
        Optional<String> name = source.field(entry, path, "name", NicSpec.networkType());
        Optional<String> bridge =
                entry.containsKey("bridge") ? source.field(entry, path, "bridge", interfaceType()) : Optional.empty();
        name.ifPresent(given -> refuseTwin(path, entry, given, names));
        return name.map(given -> new Network(given, bridge));
    }

    private Optional<ConfigObject> entry(String path, ConfigValue value, List<String> fields, ConfigKey<?> key) {
        if (value instanceof ConfigObject entry) {
            source.refuseUnknown(path, entry, fields);
            return Optional.of(entry);
        }
        source.refuse(path, value, "expected " + key.accepted());
        return Optional.empty();
    }

    private void refuseTwin(String path, ConfigObject entry, String name, Set<String> names) {
        if (!names.add(name)) {
            source.refuse(path + ".name", entry.get("name"), "named twice; expected each once");
        }
    }
}
