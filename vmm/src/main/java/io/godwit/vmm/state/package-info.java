/** Saved state as bytes: written without failing, read with every length checked. */
@NullMarked
package io.godwit.vmm.state;

import org.jspecify.annotations.NullMarked;
