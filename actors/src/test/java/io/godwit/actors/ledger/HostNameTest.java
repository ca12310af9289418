package io.godwit.actors.ledger;

import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.actors.testing.DelegatingLedger;
import io.godwit.actors.testing.InMemoryLedger;
import io.godwit.actors.testing.TestLine;
import io.godwit.config.DirtyLogKind;
import io.godwit.config.NodeConfig.HostRole;
import io.godwit.config.VmSpec;
import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.Ledger;
import io.godwit.control.ledger.LedgerAnswer;
import io.godwit.control.ledger.LedgerCommand;
import io.godwit.control.ledger.LedgerUnavailableException;
import io.godwit.control.ledger.VmIds;
import io.godwit.control.ledger.VmRecord;
import io.godwit.control.permit.Grant;
import io.godwit.control.permit.Renewal;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.TreeSet;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.Test;

class HostNameTest {
    private static final Duration LIMIT = Duration.ofSeconds(20);
    private static final LedgerCommand ANY = new LedgerCommand.SetAutoMigrate("any", "south", false);

    private final InMemoryLedger ledger = new InMemoryLedger();

    @Test
    void shouldHoldANameThatNobodyHas() {
        assertThat(claim(ledger, "s1", "directory-1").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
    }

    @Test
    void shouldHoldItsNameInItsNextLife() {
        assertThat(claim(ledger, "s1", "directory-1").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
        assertThat(claim(ledger, "s2", "directory-1").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
    }

    @Test
    void shouldNotHoldANameThatAnotherStateDirectoryHas() {
        assertThat(claim(ledger, "s1", "directory-1").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
        HostName second = claim(ledger, "s2", "directory-2");
        assertThat(second.held().toCompletableFuture())
                .failsWithin(LIMIT)
                .withThrowableThat()
                .withCauseInstanceOf(HostNameTakenException.class)
                .withMessageContaining("host name \"south\" belongs to another state directory (directory-1)")
                .withMessageContaining("godwit host forget south");
        assertThat(second.ledger().submit(ANY).toCompletableFuture())
                .failsWithin(LIMIT)
                .withThrowableThat()
                .withCauseInstanceOf(LedgerUnavailableException.class);
    }

    @Test
    void shouldHoldANameThatAnOperatorFreed() {
        assertThat(claim(ledger, "s1", "directory-1").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
        assertThat(ledger.submit(new LedgerCommand.ReleaseName("free", "south")).toCompletableFuture())
                .succeedsWithin(LIMIT)
                .isInstanceOf(LedgerAnswer.Applied.class);
        assertThat(claim(ledger, "s2", "directory-2").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
    }

    @Test
    void shouldSendNothingBeforeTheLedgerHasConfirmedTheName() {
        ledger.reachable(false);
        HostName name = claim(ledger, "s1", "directory-1");
        Ledger named = name.ledger();
        PermitLine line = name.permits(new TestLine());
        Renewal renewal = new Renewal(new HostIdentity("south", "s1"), 1);
        assertThat(line.renew(renewal).toCompletableFuture())
                .succeedsWithin(LIMIT)
                .isEqualTo(Optional.empty());
        assertThat(named.submit(ANY).toCompletableFuture())
                .failsWithin(LIMIT)
                .withThrowableThat()
                .withMessageContaining("has not confirmed the name of host south yet");
        assertThat(name.held().toCompletableFuture()).isNotDone();

        ledger.reachable(true);

        assertThat(name.held().toCompletableFuture()).succeedsWithin(LIMIT);
        assertThat(named.submit(ANY).toCompletableFuture())
                .succeedsWithin(LIMIT)
                .isInstanceOf(LedgerAnswer.Applied.class);
        assertThat(line.renew(renewal).toCompletableFuture())
                .succeedsWithin(LIMIT)
                .isEqualTo(Optional.of(new Grant(renewal.host(), 1)));
    }

    @Test
    void shouldNotBeAWitnessWhileTheLedgerHasVmsOfItsName() throws Exception {
        HostIdentity member = new HostIdentity("south", "s1");
        VmSpec spec = new VmSpec("db", 64L << 20, 1, "/k", "", null, DirtyLogKind.BITMAP, new TreeSet<>());
        String vmId = VmIds.newId(new Random(1));
        submit(new LedgerCommand.Create("create", vmId, spec, member));

        HostName refused = HostName.claim(ledger, new HostIdentity("south", "s2"), "directory-1", HostRole.WITNESS);
        assertThat(refused.held().toCompletableFuture())
                .failsWithin(LIMIT)
                .withThrowableThat()
                .withCauseInstanceOf(WitnessHasVmsException.class)
                .withMessageContaining("the ledger has VMs db with host \"south\"; expected member, until");
        assertThat(HostName.claim(ledger, new HostIdentity("north", "n1"), "directory-2", HostRole.WITNESS)
                        .held()
                        .toCompletableFuture())
                .as("a witness of another name")
                .succeedsWithin(LIMIT);
        HostIdentity back = new HostIdentity("south", "s3");
        assertThat(claim(ledger, "s3", "directory-1").held().toCompletableFuture())
                .as("a member, as it was")
                .succeedsWithin(LIMIT);
        assertThat(ledger.records()).extracting(VmRecord::owner).containsExactly(member);

        submit(new LedgerCommand.Delete("delete", vmId, member, 1));
        assertThat(HostName.claim(ledger, back, "directory-1", HostRole.WITNESS)
                        .held()
                        .toCompletableFuture())
                .succeedsWithin(LIMIT);
    }

    private void submit(LedgerCommand command) {
        assertThat(ledger.submit(command).toCompletableFuture())
                .succeedsWithin(LIMIT)
                .isInstanceOf(LedgerAnswer.Applied.class);
    }

    @Test
    void shouldBeLetInByALedgerThatWasRaisedOnlyIfItSpeaksItsLevel() {
        assertThat(claim(ledger, "s1", "directory-1").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
        assertThat(ledger.submit(new LedgerCommand.RaiseLevel("up", 2)).toCompletableFuture())
                .succeedsWithin(LIMIT)
                .isInstanceOf(LedgerAnswer.Applied.class);

        HostName older = HostName.claim(ledger, new HostIdentity("south", "s2"), "directory-1", HostRole.MEMBER, 1);
        assertThat(older.held().toCompletableFuture())
                .failsWithin(LIMIT)
                .withThrowableThat()
                .withMessageContaining("host \"south\" is not let in: the ledger is of level 2")
                .withMessageContaining("speaks only level 1; start it with a build that speaks level 2")
                .withMessageNotContaining("host forget");
        assertThat(claim(ledger, "s3", "directory-1").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
        assertThat(claim(ledger, "s4", "directory-2").held().toCompletableFuture())
                .failsWithin(LIMIT)
                .withThrowableThat()
                .withMessageContaining("belongs to another state directory (directory-1)")
                .withMessageContaining("godwit host forget south");
    }

    /** The raise comes between the question that was not readable before it and the older one, which is refused after it. */
    @Test
    void shouldAskAgainWhereTheLedgerIsRaisedBetweenItsTwoQuestions() {
        Ledger raised = new DelegatingLedger(ledger) {
            @Override
            public CompletionStage<LedgerAnswer> submit(LedgerCommand command) {
                if (command instanceof LedgerCommand.NameHost) {
                    ledger.submit(new LedgerCommand.RaiseLevel("up", 2));
                }
                return ledger.submit(command);
            }
        };

        assertThat(claim(raised, "s1", "directory-1").held().toCompletableFuture())
                .succeedsWithin(LIMIT);
    }

    private static HostName claim(Ledger ledger, String incarnation, String stateId) {
        return HostName.claim(ledger, new HostIdentity("south", incarnation), stateId, HostRole.MEMBER);
    }
}
