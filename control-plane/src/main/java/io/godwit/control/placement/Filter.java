package io.godwit.control.placement;

import io.godwit.config.CpuFeatureName;
import io.godwit.config.Units;
import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.HostState;
import io.godwit.control.inventory.LocalVolume;
import io.godwit.control.inventory.Rule;
import io.godwit.control.inventory.Vm;
import java.util.Locale;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/** What a host has to pass before a VM may go there. Each says no with a reason that an operator can act on. */
public enum Filter {
    STATE {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return host.state() == HostState.UP ? "" : "it is " + host.state().inWords();
        }
    },
    /** A host whose capacity is contradicted by what it holds takes nothing. */
    TRUST {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return host.distrust().isEmpty() ? "" : "its capacity is not believed: " + host.distrust();
        }
    },
    ZONE {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return vm.zones().isEmpty() || vm.zones().contains(host.zone())
                    ? ""
                    : "it is in zone \"" + host.zone() + "\", the VM belongs to " + sorted(vm.zones());
        }
    },
    VCPUS {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return vm.vcpus() <= host.cpus() ? "" : "it has " + host.cpus() + " CPUs, the VM " + vm.vcpus() + " vCPUs";
        }
    },
    POOLS {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return missing("it does not reach pool", vm.pools(), host.pools());
        }
    },
    VOLUMES {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return vm.volumes().stream()
                    .filter(volume -> !volume.hosts().contains(host.name()))
                    .map(LocalVolume::whereabouts)
                    .sorted()
                    .collect(Collectors.joining(", "));
        }
    },
    SEGMENTS {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return missing("it is not on network", vm.segments(), host.segments());
        }
    },
    /** Never gone without: guests do not move between vendors. */
    CPU_VENDOR {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return cpu("its CPU is not of", vm, host, CpuFeatureName::isVendor);
        }
    },
    CPU_FEATURES {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return cpu("its CPU lacks", vm, host, name -> !CpuFeatureName.isVendor(name));
        }
    },
    KERNEL {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            return KernelRelease.isAsNew(host.kernel(), vm.kernel())
                    ? ""
                    : "its kernel " + host.kernel() + " is older than " + vm.kernel() + ", whose state the VM carries";
        }
    },
    HOST_RULES {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            for (Rule rule : occupancy.strictRules(vm.name())) {
                if (!rule.allows(host.name())) {
                    return "rule " + rule.name() + " keeps the VM "
                            + (rule.kind() == Rule.Kind.ON ? "on " + rule.hosts() : "off it");
                }
            }
            return "";
        }
    },
    MEMORY {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            long freeBytes = occupancy.freeMemoryBytes(host.name());
            return vm.memoryBytes() <= freeBytes
                    ? ""
                    : "it has " + Units.formatApproximateSize(Math.max(freeBytes, 0)) + " of memory free, the VM wants "
                            + Units.formatApproximateSize(vm.memoryBytes());
        }
    },
    AFFINITY {
        @Override
        public String refusal(Vm vm, Host host, Occupancy occupancy) {
            for (Rule rule : occupancy.strictRules(vm.name())) {
                for (String other : rule.vms()) {
                    String reason = other.equals(vm.name()) ? "" : occupancy.conflict(rule, other, host.name());
                    if (!reason.isEmpty()) {
                        return reason;
                    }
                }
            }
            return "";
        }
    };

    /** @return why the VM may not go there; empty where it may */
    public abstract String refusal(Vm vm, Host host, Occupancy occupancy);

    /** Whether an operator may go without it: {@code --skip-cpu-check}, {@code --skip-kernel-check}. */
    public boolean skippable() {
        return this == CPU_FEATURES || this == KERNEL;
    }

    /** Whether it says the same whatever else lives where. */
    public boolean lasting() {
        return this != MEMORY && this != AFFINITY;
    }

    public String label() {
        return name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    /** A host without any feature is one of which they are unknown, or whose guests do not depend on them. */
    private static String cpu(String what, Vm vm, Host host, Predicate<String> asked) {
        Set<String> wanted = new TreeSet<>(vm.cpuFeatures());
        wanted.removeIf(asked.negate());
        return host.cpuFeatures().isEmpty() ? "" : missing(what, wanted, host.cpuFeatures());
    }

    private static String missing(String what, Set<String> wanted, Set<String> there) {
        Set<String> missing = new TreeSet<>(wanted);
        missing.removeAll(there);
        return missing.isEmpty() ? "" : what + " " + String.join(", ", missing);
    }

    private static Set<String> sorted(Set<String> names) {
        return new TreeSet<>(names);
    }
}
