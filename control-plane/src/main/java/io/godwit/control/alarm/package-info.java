/** What a host notices of itself that an operator should know: it stood still, its clock was set, its ledger's disk is slow. */
@NullMarked
package io.godwit.control.alarm;

import org.jspecify.annotations.NullMarked;
