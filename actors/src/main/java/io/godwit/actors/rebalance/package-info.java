/**
 * Rebalancing, carried out: beside each voter an actor that works while its voter leads. What is decided is
 * {@link io.godwit.control.balance}'s; what was begun the ledger remembers.
 */
@NullMarked
package io.godwit.actors.rebalance;

import org.jspecify.annotations.NullMarked;
