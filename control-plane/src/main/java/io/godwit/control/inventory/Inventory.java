package io.godwit.control.inventory;

import io.godwit.config.InvalidValueException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Hosts, VMs and the rules among them: names are unique, and what is named is there. */
public final class Inventory {
    private final Map<String, Host> hosts;
    private final Map<String, Vm> vms;
    private final List<Rule> rules;

    private Inventory(Map<String, Host> hosts, Map<String, Vm> vms, List<Rule> rules) {
        this.hosts = hosts;
        this.vms = vms;
        this.rules = rules;
    }

    /** @throws InvalidValueException naming what is there twice, or named and not there */
    public static Inventory of(Collection<Host> hosts, Collection<Vm> vms, Collection<Rule> rules) {
        Map<String, Host> hostsByName = new LinkedHashMap<>();
        for (Host host : hosts) {
            if (hostsByName.put(host.name(), host) != null) {
                throw new InvalidValueException("host", host.name(), "a name that no other host has");
            }
        }
        Map<String, Vm> vmsByName = new LinkedHashMap<>();
        for (Vm vm : vms) {
            if (vmsByName.put(vm.name(), vm) != null) {
                throw new InvalidValueException("vm", vm.name(), "a name that no other VM has");
            }
            if (vm.host() != null && !hostsByName.containsKey(vm.host())) {
                throw new InvalidValueException("vm " + vm.name() + ".host", vm.host(), "a host of the inventory");
            }
        }
        Map<String, Rule> rulesByName = new HashMap<>();
        for (Rule rule : rules) {
            if (rulesByName.put(rule.name(), rule) != null) {
                throw new InvalidValueException("rule", rule.name(), "a name that no other rule has");
            }
            checkNamed(rule.name() + ".vms", rule.vms(), vmsByName.keySet(), "VMs of the inventory");
            checkNamed(rule.name() + ".hosts", rule.hosts(), hostsByName.keySet(), "hosts of the inventory");
        }
        return new Inventory(hostsByName, vmsByName, List.copyOf(rules));
    }

    private static void checkNamed(String field, Collection<String> named, Collection<String> there, String accepted) {
        for (String name : named) {
            if (!there.contains(name)) {
                throw new InvalidValueException(field, name, accepted);
            }
        }
    }

    /** In the order given. */
    public Collection<Host> hosts() {
        return Collections.unmodifiableCollection(hosts.values());
    }

    /** In the order given. */
    public Collection<Vm> vms() {
        return Collections.unmodifiableCollection(vms.values());
    }

    public List<Rule> rules() {
        return rules;
    }

    public @Nullable Host host(String name) {
        return hosts.get(name);
    }

    public @Nullable Vm vm(String name) {
        return vms.get(name);
    }

    public Inventory withRules(List<Rule> others) {
        return new Inventory(hosts, vms, List.copyOf(others));
    }

    /** With these VMs in place of those of their names, or beside them. */
    public Inventory withVms(Collection<Vm> changed) {
        Map<String, Vm> now = new LinkedHashMap<>(vms);
        changed.forEach(vm -> now.put(vm.name(), vm));
        return of(hosts.values(), now.values(), rules);
    }

    public Inventory withHosts(Collection<Host> changed) {
        Map<String, Host> now = new LinkedHashMap<>(hosts);
        changed.forEach(host -> now.put(host.name(), host));
        return of(now.values(), vms.values(), rules);
    }

    /** The VMs of each host, by its name; hosts without any included. */
    public Map<String, List<Vm>> byHost() {
        Map<String, List<Vm>> byHost = new LinkedHashMap<>();
        hosts.keySet().forEach(host -> byHost.put(host, new ArrayList<>()));
        for (Vm vm : vms.values()) {
            if (vm.host() != null) {
                byHost.computeIfAbsent(vm.host(), host -> new ArrayList<>()).add(vm);
            }
        }
        return byHost;
    }
}
