/**
 * Run permits: when a host may run the VMs that the cluster could start elsewhere, and when another host may take them.
 * {@link io.godwit.control.permit.PermitHolder} is a host's half, {@link io.godwit.control.permit.PermitGrantor} that of
 * the ledger's leader. Neither knows a thread, a socket or a clock: instants are given to them, always of
 * {@code CLOCK_BOOTTIME}, which goes on while a machine is suspended.
 *
 * <p>The claim: <b>no guarded VM executes at two hosts at any instant of true time</b> (I1), as long as every clock's
 * rate is within ρ of true time and a guest stops within δ of its deadline.
 *
 * <p>A host runs a guarded VM only with <i>evidence</i>: the ledger's word, asked for in the present <i>period</i>, that
 * the VM is its own. A period is an unbroken stretch of valid permits: it begins with the first grant after a gap and
 * ends when a permit runs out. The argument has three steps.
 *
 * <ol>
 *   <li><b>A claim finds no valid permit.</b> A permit counts from when its renewal was sent, so it is over P/(1−ρ) of
 *       true time later. The leader that let the claim pass noted every grant of its own when it released it, which is
 *       later than the sending, and waited W by its clock, at least W/(1+ρ) of true time, which is more. Grants of
 *       earlier leaders: each was released only after a majority had acknowledged a round begun after the renewal was
 *       received. One member of that majority later voted for the next leader; or it is the granting leader itself, which
 *       had not voted for another when it released. So the renewal was sent before that election, and the new leader
 *       lets no claim pass until W after it is ready.
 *   <li><b>No permit is valid from there until the claim is applied.</b> The leader grants nothing to the hosts that a
 *       pending claim names. Another leader grants nothing before it has committed and applied an entry of its own term:
 *       then a claim that it inherited is applied, and one that it did not inherit can never be committed.
 *   <li><b>Afterwards the old host knows better.</b> At the claim all its periods are over. A later one begins with a
 *       grant that was released after the claim was applied, and evidence is asked for after that: a linearizable
 *       answer shows the new owner, and the VM is given up. Evidence from before does not count, neither a read's nor
 *       the recorded answer to a command that was repeated.
 * </ol>
 *
 * <p>From {@code Prepared} on two hosts may run the VM, so a claim waits for the permits of both. A source runs on only
 * under its permit, whatever its switchover says. A target runs on {@code Go} without asking anybody if its period is
 * still the one in which it reserved room: reserving came before {@code Prepared}, and a claim after that would have had
 * to outlast its permit.
 *
 * <p>What a permit does not stop is a write that a device's thread had begun: it may reach a shared disk after the
 * deadline. That is what fences are for ({@code control.recovery}).
 */
@NullMarked
package io.godwit.control.permit;

import org.jspecify.annotations.NullMarked;
