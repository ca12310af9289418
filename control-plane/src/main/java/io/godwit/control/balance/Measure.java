package io.godwit.control.balance;

import io.godwit.control.inventory.Host;
import io.godwit.control.inventory.Vm;
import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What imbalance is: the weighted sum, over some quantities, of the spread (population standard deviation) of the hosts'
 * use of each. Only hosts that are up count.
 *
 * @param floor the spread is divided by the mean use, but by no less than this: an idle cluster is not unbalanced. 0:
 *     it is not divided
 */
public record Measure(String name, List<Quantity> quantities, double floor) {
    /**
     * @param demand of a VM
     * @param capacity of a host, in the same unit; more than 0 for hosts that count
     */
    public record Quantity(String name, double weight, ToDoubleFunction<Vm> demand, ToDoubleFunction<Host> capacity) {}

    /** Of measured load; weights sum to 1, so 0.3 means that hosts are typically 30 % off the mean. */
    public static final Measure LOAD = new Measure(
            "load",
            List.of(
                    new Quantity("cpu", 0.5, vm -> vm.load().cpuCores(), host -> host.cpus() * host.cpuSpeed()),
                    new Quantity("memory", 0.35, vm -> vm.memoryBytes(), host -> Math.max(host.memoryBytes(), 1)),
                    new Quantity("dirty", 0.15, vm -> vm.load().dirtyBytesPerSecond(), Host::migrationBytesPerSecond)),
            0.1);

    /**
     * Ganeti's cluster score of VMs without secondaries whose load nobody measured, hosts of which none has failed: the
     * parts of {@code hbal(1)} "CLUSTER SCORING" that moves can change, with {@code hbal}'s weights. Free memory and
     * vCPU ratio count once as they are and once with instances to come, of which there are none; each VM counts 1 of
     * CPU, memory, disk and network load.
     */
    public static final Measure GANETI = new Measure(
            "ganeti",
            List.of(
                    new Quantity("memory", 1, vm -> vm.memoryBytes(), host -> Math.max(host.memoryBytes(), 1)),
                    new Quantity("vcpus", 1, Vm::vcpus, host -> host.cpus() * host.cpuSpeed()),
                    new Quantity("vms", 4, vm -> 1, host -> 1)),
            0);

    public Measure {
        quantities = List.copyOf(quantities);
    }
}
