/**
 * What becomes of the VMs of a host that is silent: which are started elsewhere, where and in which order, and what the
 * others wait for. Silent means that its permit cannot be valid any more; nothing here asks who is a member of what.
 */
@NullMarked
package io.godwit.control.recovery;

import org.jspecify.annotations.NullMarked;
