package io.godwit.actors.placement;

import io.godwit.actors.cluster.HostRegistry;
import io.godwit.actors.cluster.Scene;
import io.godwit.actors.directory.Ownership;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.config.Destination;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import io.godwit.config.device.DiskSpec;
import io.godwit.config.device.VolumeRef;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.placement.Filter;
import io.godwit.control.placement.InventoryChooser;
import io.godwit.control.placement.Ranking;
import io.godwit.control.placement.Ranking.Wishes;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.apache.pekko.actor.typed.ActorSystem;

/**
 * Where VMs go: a host that was named, if nothing speaks against it that it cannot judge itself, or the best that there
 * is. Stages fail with {@link ProblemException}, every reason in it. Never blocks.
 */
public final class Placements {
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** What a host that was named cannot judge; of all else it says more than is known here. */
    private static final Set<Filter> BEYOND_A_HOST = EnumSet.of(Filter.ZONE, Filter.HOST_RULES, Filter.AFFINITY);

    private final ActorSystem<?> system;
    private final HostRegistry hosts;
    private final Ownership ledger;

    public Placements(ActorSystem<?> system, HostRegistry hosts, Ownership ledger) {
        this.system = system;
        this.hosts = hosts;
        this.ledger = ledger;
    }

    /**
     * A new VM's host. One that is named for a VM of which nothing else is said is taken at its word, unless rules of
     * others name it: it had a namesake that was deleted.
     */
    public CompletionStage<String> home(VmSpec spec, Optional<String> named) {
        return ledger.list().thenCompose(vms -> {
            boolean atItsWord = spec.placement().equals(VmPlacement.ANYWHERE) && !isNamed(spec.name(), vms);
            return named.isPresent() && atItsWord
                    ? CompletableFuture.completedStage(named.get())
                    : home(spec, named, vms);
        });
    }

    private static boolean isNamed(String vm, List<VmRecord> vms) {
        return vms.stream()
                .flatMap(other -> other.spec().placement().rules().stream())
                .anyMatch(rule -> !rule.kind().ofHosts() && rule.names().contains(vm));
    }

    private CompletionStage<String> home(VmSpec spec, Optional<String> named, List<VmRecord> vms) {
        Predicate<String> wanted =
                named.<Predicate<String>>map(host -> zoneOf(host, spec)).orElse(name -> true);
        Set<VolumeRef> volumes = named.isPresent()
                ? Set.of()
                : spec.disks().stream().map(DiskSpec::volume).collect(Collectors.toSet());
        return look(vms, wanted, volumes).thenApply(known -> {
            NewVmCheck.check(spec, known);
            InventoryChooser chooser = known.with(spec).chooser();
            if (named.isPresent()) {
                return admitted(spec.name(), named.get(), chooser);
            }
            Wishes wishes = new Wishes(Optional.ofNullable(spec.placement().preferHost()), Set.of());
            Ranking ranking = chooser.ranking(spec.name(), wishes);
            return ranking.best().orElseThrow(() -> nowhere(spec, ranking, known.mostMemoryBytes()));
        });
    }

    /**
     * Where a VM migrates to.
     *
     * @param vms all of the ledger, with this one
     */
    public CompletionStage<String> target(VmRecord vm, List<VmRecord> vms, Destination destination) {
        Optional<String> named = destination.target();
        if (named.isPresent()) {
            return objections(vm, vms, named.get()).thenApply(reasons -> {
                if (!reasons.isEmpty()) {
                    throw refused(vm.spec().name(), named.get(), reasons);
                }
                return named.get();
            });
        }
        Wishes wishes = new Wishes(
                destination
                        .preferHost()
                        .or(() -> Optional.ofNullable(vm.spec().placement().preferHost())),
                skipped(destination.skipped()));
        return look(vms, name -> true).thenApply(known -> {
            destination.preferHost().ifPresent(host -> NewVmCheck.checkHost("preferHost", host, known));
            Ranking ranking = known.chooser().ranking(vm.spec().name(), wishes);
            return ranking.best().orElseThrow(() -> nowhere(vm.spec(), ranking, Long.MAX_VALUE));
        });
    }

    private static Set<Filter> skipped(SkippedChecks checks) {
        Set<Filter> filters = EnumSet.noneOf(Filter.class);
        if (checks.cpu()) {
            filters.add(Filter.CPU_FEATURES);
        }
        if (checks.kernel()) {
            filters.add(Filter.KERNEL);
        }
        return filters;
    }

    /** What speaks against a host that was named as a VM's target, beside what that host says itself. */
    public CompletionStage<List<String>> objections(VmRecord vm, List<VmRecord> vms, String target) {
        return look(vms, zoneOf(target, vm.spec()))
                .thenApply(known ->
                        target.equals(vm.owner().hostId()) || !known.members().contains(target)
                                ? List.of()
                                : known.chooser().objections(vm.spec().name(), target, BEYOND_A_HOST));
    }

    /** Of a host that was named only its zone is wanted, and only of a VM that is bound to some. */
    private static Predicate<String> zoneOf(String host, VmSpec spec) {
        return name -> name.equals(host) && !spec.placement().zones().isEmpty();
    }

    /** What there is now. */
    public CompletionStage<ClusterPicture> look(List<VmRecord> vms, Predicate<String> wanted) {
        return look(vms, wanted, Set.of());
    }

    private CompletionStage<ClusterPicture> look(List<VmRecord> vms, Predicate<String> wanted, Set<VolumeRef> volumes) {
        return hosts.list()
                .thenCompose(all -> Scene.look(system, all, wanted, PATIENCE, volumes)
                        .thenApply(scene -> ClusterPicture.of(all.keySet(), scene, vms)));
    }

    private static String admitted(String vm, String host, InventoryChooser chooser) {
        List<String> reasons = chooser.objections(vm, host, BEYOND_A_HOST);
        if (!reasons.isEmpty()) {
            throw refused(vm, host, reasons);
        }
        return host;
    }

    private static ProblemException refused(String vm, String host, List<String> reasons) {
        return new ProblemException(Problem.refused("VM " + vm + " may not be on host " + host, reasons));
    }

    /** What no host could ever hold is the request's fault; what none can hold now may be possible later. */
    private static ProblemException nowhere(VmSpec spec, Ranking ranking, long mostMemoryBytes) {
        long bytes = spec.memoryBytes();
        if (bytes > mostMemoryBytes) {
            return new ProblemException(new Problem(
                    Problem.Kind.INVALID,
                    "memory: " + bytes + " bytes is more than any host has for guests, at most " + mostMemoryBytes
                            + " bytes",
                    "memory",
                    String.valueOf(bytes),
                    "at most " + mostMemoryBytes + " bytes",
                    ranking.reasons()));
        }
        List<String> reasons = ranking.refusals().isEmpty() ? List.of("there is no other host") : ranking.reasons();
        return new ProblemException(new Problem(
                Problem.Kind.UNAVAILABLE,
                "no host takes VM " + spec.name() + ": " + String.join("; ", reasons),
                null,
                null,
                null,
                reasons));
    }
}
