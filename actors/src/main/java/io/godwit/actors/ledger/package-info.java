/**
 * The ledger on Raft, by Apache Ratis: {@link io.godwit.actors.ledger.LedgerServer} is a voter,
 * {@link io.godwit.actors.ledger.RatisLedger} a client.
 *
 * <p>A host that votes opens its server first and its client after it, and closes them the other way round.
 */
@NullMarked
package io.godwit.actors.ledger;

import org.jspecify.annotations.NullMarked;
