/** What the scheduler knows of a cluster at one instant: hosts, VMs, rules. Nothing here asks anybody. */
@NullMarked
package io.godwit.control.inventory;

import org.jspecify.annotations.NullMarked;
