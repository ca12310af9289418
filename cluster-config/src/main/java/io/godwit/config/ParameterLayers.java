package io.godwit.config;

import java.util.Locale;

/**
 * What was set about migrations, and where. A VM's migration goes by the last that says something: the parameter's own
 * default, its host's configuration file, the cluster, the VM, then the request.
 *
 * @param host from the configuration file of the host that the VM migrates from
 * @param cluster for all VMs
 * @param vm for one; {@link MigrationParameters#NONE} where no VM is spoken of
 */
public record ParameterLayers(MigrationParameters host, MigrationParameters cluster, MigrationParameters vm) {
    /** Where a value comes from. */
    public enum Origin {
        DEFAULT,
        HOST,
        CLUSTER,
        VM;

        public String label() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    public MigrationParameters effective() {
        return host.with(cluster).with(vm);
    }

    /** What a request is laid over that the source lays over its host's. */
    public MigrationParameters aboveTheHost() {
        return cluster.with(vm);
    }

    public Origin originOf(MigrationParameter<?> parameter) {
        String name = parameter.name();
        if (vm.values().containsKey(name)) {
            return Origin.VM;
        } else if (cluster.values().containsKey(name)) {
            return Origin.CLUSTER;
        } else if (host.values().containsKey(name) && !host.text(parameter).equals(parameter.defaultText())) {
            return Origin.HOST;
        }
        return Origin.DEFAULT;
    }
}
