/** A virtual machine and its parts as actors. */
@NullMarked
package io.godwit.actors.vm;

import org.jspecify.annotations.NullMarked;
