package io.godwit.actors.voters;

import io.godwit.actors.ledger.LedgerProbe;
import io.godwit.actors.ledger.RatisLedger;
import io.godwit.actors.ledger.VoterBook;
import io.godwit.actors.ledger.VoterChange;
import io.godwit.actors.ledger.VoterSeat;

/**
 * What a node has of the ledger, below its actor systems.
 *
 * @param hostId this host
 * @param address at which the other hosts reach this one, where no other is asked for
 */
public record VoterServices(
        String clusterName,
        String hostId,
        VoterBook book,
        VoterSeat seat,
        LedgerProbe probe,
        VoterChange change,
        RatisLedger ledger,
        String address) {}
