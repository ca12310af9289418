/** The ledger: who owns which VM, decided by a replicated state machine of records and a request log. */
@NullMarked
package io.godwit.control.ledger;

import org.jspecify.annotations.NullMarked;
