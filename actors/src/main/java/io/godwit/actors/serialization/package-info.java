/** How messages travel between hosts. */
@NullMarked
package io.godwit.actors.serialization;

import org.jspecify.annotations.NullMarked;
