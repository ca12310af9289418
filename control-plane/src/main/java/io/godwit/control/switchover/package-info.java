/**
 * One migration from admission to resume, decided by two pure state machines: the source's and the target's.
 *
 * <p>Both take events and return actions. They know no clock, no thread and no network: timers are actions that come
 * back as events, the ledger is a command that comes back as an answer. The shells in {@code actors} carry them out;
 * the simulator drives the same code through lost, late and repeated messages.
 *
 * <p>The rules that keep a VM on at most one host (I1) and its memory somewhere (I2):
 *
 * <ul>
 *   <li>From the moment it pauses, the source runs the VM again only when the ledger shows {@code ABORTED}.
 *   <li>The source asks for {@code Abort} or sends {@code Go}, never both: having sent {@code Go} it may ask only for
 *       {@code Commit}, until the target itself says that it refused.
 *   <li>The target runs on {@code Go}, unless it asked for {@code Abort} before; without {@code Go} only when the
 *       ledger shows {@code COMMITTED}.
 *   <li>A target that is not {@code Ready} and loses its source asks for {@code Abort}. One that is {@code Ready} holds
 *       what may be the only copy, so it asks for {@code Commit}: if the source lives and asked for {@code Abort}
 *       first, the answer says so.
 *   <li>A {@code Ready} machine is discarded, and a paused one released, only on the ledger's word or the target's that
 *       it runs.
 * </ul>
 */
@NullMarked
package io.godwit.control.switchover;

import org.jspecify.annotations.NullMarked;
