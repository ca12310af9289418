package io.godwit.actors.testing;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.awaitility.Awaitility.await;

import io.godwit.actors.admission.ProtocolRange;
import io.godwit.actors.cluster.ClusterClient;
import io.godwit.actors.migration.MigrationView;
import io.godwit.actors.rebalance.RebalanceServices;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmView;
import io.godwit.config.AutoRestart;
import io.godwit.config.Availability;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.VmSpec;
import io.godwit.control.permit.PermitTimes;
import io.godwit.integration.harness.FreePorts;
import io.godwit.vmm.MachineFactory;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import java.util.function.Function;
import java.util.function.Predicate;
import org.apache.pekko.actor.typed.ActorRef;
import org.jspecify.annotations.Nullable;

/** Hosts {@code a} and {@code b} of one cluster in the test's JVM, over one ledger. */
public final class TwoHosts implements AutoCloseable {
    private static final long MEMORY_BYTES = 1L << 30;

    private final InMemoryLedger ledger = new InMemoryLedger();
    private final int portB = FreePorts.tcp();
    private final TestLine lineA = new TestLine();
    private final TestLine lineB = new TestLine();
    private final Deque<TestHost> started = new ArrayDeque<>();
    private final TestHost a;
    private final TestHost b;

    public TwoHosts(MachineFactory factory) {
        this(factory, factory, ProtocolRange.SPOKEN, ProtocolRange.SPOKEN);
    }

    public TwoHosts(MachineFactory onA, MachineFactory onB) {
        this(onA, onB, ProtocolRange.SPOKEN, ProtocolRange.SPOKEN);
    }

    public TwoHosts(MachineFactory onA, MachineFactory onB, ProtocolRange speaksA, ProtocolRange speaksB) {
        this(onA, onB, speaksA, speaksB, PermitTimes.DEFAULT, null, null);
    }

    /**
     * With a voter each.
     *
     * @param onA what the rebalancer has beside a's
     * @param onB and beside b's
     */
    public TwoHosts(MachineFactory factory, RebalanceServices onA, RebalanceServices onB) {
        this(factory, factory, ProtocolRange.SPOKEN, ProtocolRange.SPOKEN, PermitTimes.DEFAULT, onA, onB);
    }

    /** Whose permits last so long. */
    public TwoHosts(MachineFactory factory, PermitTimes times) {
        this(factory, factory, ProtocolRange.SPOKEN, ProtocolRange.SPOKEN, times, null, null);
    }

    private TwoHosts(
            MachineFactory onA,
            MachineFactory onB,
            ProtocolRange speaksA,
            ProtocolRange speaksB,
            PermitTimes times,
            @Nullable RebalanceServices balancerA,
            @Nullable RebalanceServices balancerB) {
        int portA = FreePorts.tcp();
        List<String> seeds = List.of("127.0.0.1:" + portA);
        try {
            a = new TestHost("a", portA, seeds, ledger, onA, MEMORY_BYTES, speaksA, lineA, times, null, balancerA);
            started.push(a);
            b = new TestHost("b", portB, seeds, ledger, onB, MEMORY_BYTES, speaksB, lineB, times, null, balancerB);
            started.push(b);
            for (TestHost host : List.of(a, b)) {
                await().atMost(Duration.ofSeconds(30)).until(() -> up(host) == 2);
            }
        } catch (RuntimeException failed) {
            close();
            throw failed;
        }
    }

    private static long up(TestHost by) throws Exception {
        return get(by.client().hosts()).stream()
                .filter(host -> host.state().equals("up") && !host.incarnation().isEmpty())
                .count();
    }

    public InMemoryLedger ledger() {
        return ledger;
    }

    /** By which a renews its permit. */
    public TestLine lineA() {
        return lineA;
    }

    /** By which b renews its permit. */
    public TestLine lineB() {
        return lineB;
    }

    public TestHost a() {
        return a;
    }

    public TestHost b() {
        return b;
    }

    /** Where b's actors are reached. */
    public int portB() {
        return portB;
    }

    public ClusterClient client() {
        return a.client();
    }

    /** Creates and starts a VM on a that any host could start from nothing. */
    public VmView startStateless(String name, Path kernel, String cmdline, AutoRestart autoRestart) throws Exception {
        VmSpec spec =
                new VmSpec(name, 64L << 20, 1, kernel.toString(), cmdline, null, DirtyLogKind.BITMAP, new TreeSet<>());
        Availability stateless = new Availability(true, autoRestart, 50, true);
        return ask(get(client().create(spec.with(stateless), "a")), VmActor.Start::new);
    }

    /** Creates and starts a VM on a. */
    public VmView start(String name, long memoryBytes, int vcpus, Path kernel, String cmdline) throws Exception {
        VmSpec spec = new VmSpec(
                name, memoryBytes, vcpus, kernel.toString(), cmdline, null, DirtyLogKind.BITMAP, new TreeSet<>());
        return ask(get(client().create(spec, "a")), VmActor.Start::new);
    }

    public VmView ask(VmView vm, Function<ActorRef<VmActor.Answer>, VmActor.Request> request) throws Exception {
        return ((VmActor.Done) get(client().request(vm.id(), request))).vm();
    }

    public VmView view(VmView vm) throws Exception {
        return get(client().vm(vm.id()));
    }

    public VmView awaitVm(VmView vm, Predicate<VmView> holds) {
        return await().atMost(30, SECONDS).until(() -> view(vm), holds);
    }

    public MigrationView migrate(VmView vm, String target, MigrationParameters parameters) throws Exception {
        return get(client().migrate(vm.id(), target, parameters));
    }

    public MigrationView view(MigrationView begun) throws Exception {
        return get(client().migration(begun.id()));
    }

    public MigrationView awaitMigration(MigrationView begun, Predicate<MigrationView> holds) {
        return await().atMost(60, SECONDS).pollInterval(Duration.ofMillis(2)).until(() -> view(begun), holds);
    }

    public MigrationView ended(MigrationView begun) {
        return awaitMigration(begun, MigrationView::ended);
    }

    /** Waits until a host's guests have nothing. */
    public void awaitEmpty(TestHost host) {
        await().atMost(30, SECONDS)
                .until(() -> host.vault().usedMemoryBytes() == 0
                        && host.vault().machines().isEmpty());
    }

    public static <T> T get(CompletionStage<T> stage) throws Exception {
        return stage.toCompletableFuture().get(60, SECONDS);
    }

    @Override
    public void close() {
        TestHost next = started.poll();
        if (next != null) {
            try {
                next.close();
            } finally {
                close();
            }
        }
    }
}
