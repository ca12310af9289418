package io.godwit.control.permit;

import static io.godwit.control.permit.Records.EAST;
import static io.godwit.control.permit.Records.NORTH;
import static io.godwit.control.permit.Records.SOUTH;
import static io.godwit.control.permit.Records.VM;
import static io.godwit.control.permit.Records.migrating;
import static io.godwit.control.permit.Records.owned;
import static org.assertj.core.api.Assertions.assertThat;

import io.godwit.control.ledger.HostIdentity;
import io.godwit.control.ledger.LedgerCommand.Claim;
import io.godwit.control.permit.PermitGrantor.ClaimVerdict;
import io.godwit.control.permit.PermitGrantor.Receipt;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PermitGrantorTest {
    private static final long W = PermitTimes.DEFAULT.waitMs();
    private static final Claim CLAIM = new Claim("c", VM, SOUTH, 1, null, EAST);

    private final PermitGrantor grantor = new PermitGrantor(PermitTimes.DEFAULT);

    @Test
    void shouldGrantNothingAndLetNoClaimPassBeforeItLeads() {
        assertThat(grantor.received(new Renewal(SOUTH, 1))).isEmpty();
        assertThat(grantor.mayHoldPermit(SOUTH, 100_000)).isTrue();
        assertThat(verdict(CLAIM, 100_000)).isInstanceOf(ClaimVerdict.Refused.class);
    }

    @Test
    void shouldGrantOnlyInTheTermOfTheReceipt() {
        grantor.leads(1, 0);
        Receipt receipt = grantor.received(new Renewal(SOUTH, 7)).orElseThrow();
        assertThat(grantor.confirmed(receipt, 10)).contains(new Grant(SOUTH, 7));

        Receipt late = grantor.received(new Renewal(SOUTH, 8)).orElseThrow();
        grantor.leads(3, 20);
        assertThat(grantor.confirmed(late, 30)).isEmpty();
        grantor.leadsNoMore();
        assertThat(grantor.confirmed(late, 40)).isEmpty();
    }

    @Test
    void shouldLetAClaimPassOnlyWAfterTheLastGrantToTheOwner() {
        grantor.leads(1, 0);
        grant(SOUTH, 10_000);

        assertThat(verdict(CLAIM, 10_000 + W - 1))
                .isEqualTo(new ClaimVerdict.Refused("host \"south\" may hold a permit for 1 ms more", 1));
        assertThat(grantor.isHeard(SOUTH, 10_000 + W - 1)).isTrue();
        assertThat(verdict(CLAIM, 10_000 + W)).isEqualTo(new ClaimVerdict.Passes());
    }

    @Test
    void shouldLetNoClaimPassBeforeItHasLedForWForItKnowsNoGrantsOfOthers() {
        grantor.leads(5, 1_000);
        assertThat(verdict(CLAIM, 1_000 + W - 1)).isInstanceOf(ClaimVerdict.Refused.class);
        assertThat(grantor.mayHoldPermit(SOUTH, 1_000 + W - 1)).isTrue();
        assertThat(grantor.isHeard(SOUTH, 1_000 + W - 1)).isFalse();
        assertThat(verdict(CLAIM, 1_000 + W)).isEqualTo(new ClaimVerdict.Passes());
    }

    @Test
    void shouldWaitForBothHostsOfAMigration() {
        grantor.leads(1, 0);
        grant(NORTH, 10_000);
        Claim claim = new Claim("c", VM, SOUTH, 1, "m1", EAST);

        ClaimVerdict early = grantor.beforeAppend(claim, migrating(SOUTH, NORTH, 1), 10_000 + W - 1);
        assertThat(early).isEqualTo(new ClaimVerdict.Refused("host \"north\" may hold a permit for 1 ms more", 1));
        assertThat(grantor.beforeAppend(claim, migrating(SOUTH, NORTH, 1), 10_000 + W))
                .isEqualTo(new ClaimVerdict.Passes());
        assertThat(grantor.received(new Renewal(SOUTH, 1))).isEmpty();
        assertThat(grantor.received(new Renewal(NORTH, 1))).isEmpty();
    }

    @Test
    void shouldRefuseAClaimThatNamesAnotherMigrationThanTheRecord() {
        grantor.leads(1, 0);
        assertThat(grantor.beforeAppend(CLAIM, migrating(SOUTH, NORTH, 1), W)).isInstanceOf(ClaimVerdict.Refused.class);
        assertThat(grantor.beforeAppend(CLAIM, null, W)).isInstanceOf(ClaimVerdict.Refused.class);
    }

    @Test
    void shouldGrantNothingToTheHostOfAPendingClaimUntilItIsApplied() {
        grantor.leads(1, 0);
        Optional<Receipt> before = grantor.received(new Renewal(SOUTH, 1));
        verdict(CLAIM, W);

        assertThat(grantor.confirmed(before.orElseThrow(), W)).isEmpty();
        assertThat(grantor.received(new Renewal(SOUTH, 2))).isEmpty();
        assertThat(grantor.received(new Renewal(NORTH, 1))).isPresent();
        grantor.settled(CLAIM);
        assertThat(grantor.received(new Renewal(SOUTH, 3))).isPresent();
    }

    @Test
    void shouldLetARepeatedClaimHaveItsRecordedAnswer() {
        grantor.leads(1, 0);
        grant(SOUTH, 10);
        assertThat(grantor.beforeAppend(CLAIM, owned(EAST, 2), 20)).isEqualTo(new ClaimVerdict.Passes());
        assertThat(grantor.received(new Renewal(SOUTH, 2))).isPresent();
    }

    private ClaimVerdict verdict(Claim claim, long nowMs) {
        return grantor.beforeAppend(claim, owned(SOUTH, 1), nowMs);
    }

    private void grant(HostIdentity host, long nowMs) {
        Receipt receipt = grantor.received(new Renewal(host, 1)).orElseThrow();
        assertThat(grantor.confirmed(receipt, nowMs)).isPresent();
    }
}
