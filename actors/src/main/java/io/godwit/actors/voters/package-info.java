/**
 * What operators do about the ledger itself: how its voters stand, another voter in the place of one, a backup; and how
 * the hosts tell each other who votes. {@code actors.ledger} has what it is done with.
 */
@NullMarked
package io.godwit.actors.voters;

import org.jspecify.annotations.NullMarked;
