/**
 * Joining: which cluster a node joins, and who forms one where there is none. {@link io.godwit.control.join.Seeker} is a
 * node's half, {@link io.godwit.control.join.JoinArbiter} that of the ledger's leader. Neither knows a thread, a socket or
 * a clock: instants are given to them, always of {@code CLOCK_BOOTTIME}. Nothing of it is in the ledger's log.
 *
 * <p>The claim: <b>no two nodes may form a cluster at one instant of true time</b>, as long as every clock's rate is within
 * ρ of true time.
 *
 * <ul>
 *   <li>A right to form counts from when it was asked for, so it is over G/(1−ρ) of true time later. The leader noted it
 *       when it granted it, which is later, and grants another node nothing for W = G(1+ρ)/(1−ρ)+δ by its clock.
 *   <li>A leader grants it only when a majority has acknowledged a round begun after the question's receipt. One member of
 *       that majority voted for the next leader later. So the question was asked before that election, and a new leader
 *       grants nothing until W after it is ready. The first leader of a new ledger need not wait: an earlier one that
 *       granted anything had an entry of its term committed, and the log would have it.
 *   <li>A node that finds that it formed a cluster after its right was over, because it stood still meanwhile, leaves it.
 * </ul>
 *
 * <p>That a cluster is there the leader knows from its members: the oldest tell it, again and again. So it knows it by
 * whatever voter leads, and where the leader's own node is in none. It recognizes one. Two may have come about all the
 * same: a cluster of one node that was cut off in the moment when it formed it, or one node that has no other seed. Of two
 * the larger counts, and the members of the other learn that by their questions, leave and join it. A new leader tells
 * nobody so before it has had the time to hear of all.
 */
@NullMarked
package io.godwit.control.join;

import org.jspecify.annotations.NullMarked;
