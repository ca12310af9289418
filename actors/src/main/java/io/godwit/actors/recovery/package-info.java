/**
 * Recovery, carried out: beside each voter an actor that works while its voter leads. What is decided is
 * {@link io.godwit.control.recovery}'s.
 */
@NullMarked
package io.godwit.actors.recovery;

import org.jspecify.annotations.NullMarked;
