/** The machines of this JVM, outside the actor system. */
@NullMarked
package io.godwit.actors.vault;

import org.jspecify.annotations.NullMarked;
