/** Where VMs live: what hosts and ledger say, as the inventory that decisions are made by. */
@NullMarked
package io.godwit.actors.placement;

import org.jspecify.annotations.NullMarked;
