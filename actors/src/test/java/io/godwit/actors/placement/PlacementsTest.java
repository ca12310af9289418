package io.godwit.actors.placement;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.godwit.actors.testing.TwoHosts;
import io.godwit.actors.vm.Problem;
import io.godwit.actors.vm.ProblemException;
import io.godwit.actors.vm.VmActor;
import io.godwit.actors.vm.VmView;
import io.godwit.config.Destination;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.MigrationParameters;
import io.godwit.config.PlacementRule;
import io.godwit.config.PlacementRule.Kind;
import io.godwit.config.SkippedChecks;
import io.godwit.config.VmPlacement;
import io.godwit.config.VmSpec;
import io.godwit.control.placement.Admission.Homeless;
import io.godwit.vmm.simulated.SimulatedMachineFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.concurrent.ExecutionException;
import org.assertj.core.api.ThrowableAssert;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two hosts of a gibibyte each. */
@Timeout(120)
class PlacementsTest {
    private static final Destination ANY = new Destination(Optional.empty(), Optional.empty(), SkippedChecks.NONE);

    @TempDir
    Path directory;

    private TwoHosts hosts;

    @BeforeEach
    void start() {
        hosts = new TwoHosts(new SimulatedMachineFactory());
    }

    @AfterEach
    void stop() {
        hosts.close();
    }

    @Test
    void shouldCreateAVmWhereMostIsLeftAndCountVmsThatDoNotRunYet() throws Exception {
        run(create("large", 512, "a"));

        assertThat(create("one", 256, null).host()).isEqualTo("b");
        assertThat(create("two", 256, null).host()).isEqualTo("b");
        assertThat(create("three", 128, null).host()).isEqualTo("a");
    }

    @Test
    void shouldKeepVmsApartAndTogetherAsTheyWereDefined() throws Exception {
        create("web", 64, "a");

        assertThat(create("db", 64, null, rule(Kind.APART, "web")).host()).isEqualTo("b");
        assertThat(create("cache", 64, null, rule(Kind.TOGETHER, "web")).host()).isEqualTo("a");
        assertThat(create("bound", 64, null, rule(Kind.ON, "a")).host()).isEqualTo("a");
        Problem refused = problem(() -> create("spare", 64, "a", rule(Kind.APART, "web"), rule(Kind.NOT_ON, "a")));

        assertThat(refused.kind()).isEqualTo(Problem.Kind.CONFLICT);
        assertThat(refused.reasons())
                .containsExactly(
                        "host a: rule spare.rules[1] keeps the VM off it",
                        "host a: rule spare.rules[0] keeps the VM apart from web, which is there");
        assertThat(refused.detail()).startsWith("VM spare may not be on host a: ");
    }

    @Test
    void shouldRefuseRulesThatNameNobodyOrContradictOthers() throws Exception {
        create("web", 64, "a");
        create("db", 64, null, rule(Kind.APART, "web"));

        Problem unknown = problem(() -> create("x", 64, null, rule(Kind.APART, "wob")));
        assertThat(unknown.kind()).isEqualTo(Problem.Kind.INVALID);
        assertThat(unknown.field()).isEqualTo("rules[0].vms");
        assertThat(unknown.detail()).contains("there is no VM \"wob\"");
        assertThat(problem(() -> create("x", 64, "a", rule(Kind.ON, "c"))).detail())
                .isEqualTo("rules[0].hosts: there is no host \"c\"; expected one of a, b");

        Problem conflict = problem(() -> create("x", 64, null, rule(Kind.TOGETHER, "web", "db")));
        assertThat(conflict.kind()).isEqualTo(Problem.Kind.CONFLICT);
        assertThat(conflict.reasons())
                .singleElement()
                .satisfies(reason -> assertThat(reason)
                        .startsWith("rule x.rules[0]: VMs ")
                        .contains("are to be together and, by db.rules[0], apart"));
        assertThat(TwoHosts.get(hosts.client().vms())).hasSize(2);
    }

    @Test
    void shouldHoldAVmThatIsMadeAnewToWhatOthersRulesSayOfItsName() throws Exception {
        VmView web = create("web", 64, "a");
        create("db", 64, "b", rule(Kind.APART, "web"));
        create("cache", 64, "b", rule(Kind.TOGETHER, "db"));
        TwoHosts.get(hosts.client().request(web.id(), VmActor.Delete::new));

        Problem there = problem(() -> create("web", 64, "b"));
        assertThat(there.kind()).isEqualTo(Problem.Kind.CONFLICT);
        assertThat(there.reasons())
                .containsExactly("host b: rule db.rules[0] keeps the VM apart from db, which is there");
        assertThat(problem(() -> create("web", 64, "a", rule(Kind.TOGETHER, "cache")))
                        .reasons())
                .containsExactly("rule web.rules[0]: VMs db and web are to be together and, by db.rules[0], apart");
        assertThat(create("web", 64, null).host()).isEqualTo("a");
    }

    @Test
    void shouldNameTheRuleOfAnotherVmThatCannotHoldOnceItsNamesakeIsBack() throws Exception {
        VmView web = create("web", 64, "a");
        VmView db = create("db", 64, "a", rule(Kind.TOGETHER, "web"));
        TwoHosts.get(hosts.client().request(web.id(), VmActor.Delete::new));
        create("cache", 64, "b", rule(Kind.APART, "db"));
        create("log", 64, "b", rule(Kind.TOGETHER, "cache"));

        Problem refused = problem(() -> create("web", 64, "a", rule(Kind.TOGETHER, "log")));

        assertThat(refused.kind()).isEqualTo(Problem.Kind.CONFLICT);
        assertThat(refused.reasons()).singleElement().asString().startsWith("rule web.rules[0]: VMs ");
        assertThat(problem(() -> create("web", 64, "b")).reasons())
                .containsExactly("host b: rule db.rules[0] keeps the VM together with db on host a");
        assertThat(create("web", 64, "a").host()).isEqualTo(db.host());
    }

    @Test
    void shouldSayOfEachHostWhyItTakesNoVm() throws Exception {
        run(create("large", 768, "a"));
        run(create("larger", 896, "b"));

        Problem full = problem(() -> create("more", 512, null));
        assertThat(full.kind()).isEqualTo(Problem.Kind.UNAVAILABLE);
        assertThat(full.reasons())
                .containsExactly(
                        "host a: it has 256MiB of memory free, the VM wants 512MiB",
                        "host b: it has 128MiB of memory free, the VM wants 512MiB");
        Problem never = problem(() -> create("huge", 2048, null));
        assertThat(never.kind()).isEqualTo(Problem.Kind.INVALID);
        assertThat(never.field()).isEqualTo("memory");
        assertThat(create("later", 512, "a").host())
                .as("defined where it is to run later")
                .isEqualTo("a");
    }

    @Test
    void shouldMigrateToTheOnlyHostThatIsLeftAndRefuseOneThatRulesForbid() throws Exception {
        VmView web = run(create("web", 64, "a"));
        VmView db = run(create("db", 64, "b", rule(Kind.APART, "web")));

        Problem refused = problem(() -> hosts.migrate(db, "a", MigrationParameters.NONE));
        assertThat(refused.kind()).isEqualTo(Problem.Kind.CONFLICT);
        assertThat(refused.reasons())
                .containsExactly("host a: rule db.rules[0] keeps the VM apart from web, which is there");
        assertThat(TwoHosts.get(hosts.client().plan("db", Destination.of("a"), MigrationParameters.NONE))
                        .refusals())
                .contains("host a: rule db.rules[0] keeps the VM apart from web, which is there");
        assertThat(problem(() -> TwoHosts.get(hosts.client().migrate("db", ANY, MigrationParameters.NONE)))
                        .reasons())
                .containsExactly("host a: rule db.rules[0] keeps the VM apart from web, which is there");

        hosts.ask(db, VmActor.Stop::new);
        TwoHosts.get(hosts.client().request(db.id(), VmActor.Delete::new));
        var moved = hosts.ended(TwoHosts.get(hosts.client().migrate("web", ANY, MigrationParameters.NONE)));

        assertThat(moved.status()).isEqualTo("completed");
        hosts.awaitVm(web, vm -> vm.host().equals("b"));
    }

    @Test
    void shouldSayWhichVmsWouldFindNoPlaceWithoutTheirHost() throws Exception {
        run(create("large", 768, "a"));
        run(create("small", 128, "b"));
        create("off", 896, "b");
        run(create("other", 256, "b"));

        Map<String, List<Homeless>> losses =
                TwoHosts.get(hosts.client().losses(hosts.ledger().records())).homeless();

        assertThat(losses)
                .containsOnlyKeys("a", "b")
                .containsEntry(
                        "a",
                        List.of(new Homeless(
                                "large", List.of("host b: it has 640MiB of memory free, the VM wants 768MiB"))))
                .containsEntry(
                        "b",
                        List.of(new Homeless(
                                "small", List.of("host a: it has 0B of memory free, the VM wants 128MiB"))));
    }

    private static PlacementRule rule(Kind kind, String... names) {
        return new PlacementRule(kind, true, new TreeSet<>(List.of(names)));
    }

    private VmView create(String name, int memoryMib, @Nullable String host, PlacementRule... rules) throws Exception {
        Path kernel = Files.writeString(directory.resolve("kernel"), "not executed");
        VmSpec spec = new VmSpec(
                name,
                (long) memoryMib << 20,
                1,
                kernel.toString(),
                "wss=8 rate=20 fill=16",
                null,
                DirtyLogKind.BITMAP,
                new TreeSet<>());
        VmPlacement placement = new VmPlacement(List.of(rules), null, new TreeSet<>(), false);
        return TwoHosts.get(hosts.client().create(spec.with(placement), host));
    }

    private VmView run(VmView vm) throws Exception {
        return hosts.ask(vm, VmActor.Start::new);
    }

    private static Problem problem(ThrowableAssert.ThrowingCallable refused) {
        Throwable failure = catchThrowable(refused);
        assertThat(failure).isInstanceOf(ExecutionException.class);
        return ProblemException.problemOf(failure.getCause());
    }
}
