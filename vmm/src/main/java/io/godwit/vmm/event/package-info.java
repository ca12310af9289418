/** Telling a machine's owner what its guest asks for. */
@NullMarked
package io.godwit.vmm.event;

import org.jspecify.annotations.NullMarked;
