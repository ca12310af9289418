package io.godwit.actors.vm;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * The VMs that this host owns at the moment, for doors that are the host's own. Entered by their actors, read and
 * watched by any thread.
 */
public final class HostedVms {
    /** A VM by its id and its name. */
    public record Hosted(String id, String name) {}

    private final Map<String, Hosted> vms = new LinkedHashMap<>();
    private final List<Runnable> watchers = new CopyOnWriteArrayList<>();

    public void enter(String id, String name) {
        synchronized (vms) {
            vms.put(id, new Hosted(id, name));
        }
        watchers.forEach(Runnable::run);
    }

    public void leave(String id) {
        boolean left;
        synchronized (vms) {
            left = vms.remove(id) != null;
        }
        if (left) {
            watchers.forEach(Runnable::run);
        }
    }

    public List<Hosted> list() {
        synchronized (vms) {
            return new ArrayList<>(vms.values());
        }
    }

    /** By id or by name. */
    public Optional<Hosted> find(String idOrName) {
        synchronized (vms) {
            Hosted byId = vms.get(idOrName);
            return byId != null
                    ? Optional.of(byId)
                    : vms.values().stream()
                            .filter(vm -> vm.name().equals(idOrName))
                            .findFirst();
        }
    }

    /** @param watcher run after every change, by the thread that made it; must neither block nor throw */
    public void onChange(Runnable watcher) {
        watchers.add(watcher);
    }
}
