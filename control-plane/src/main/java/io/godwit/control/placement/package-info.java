/** Where a VM goes when nobody says. */
@NullMarked
package io.godwit.control.placement;

import org.jspecify.annotations.NullMarked;
