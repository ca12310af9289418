/** A host: what it has, what it runs, and who may ask it. */
@NullMarked
package io.godwit.actors.host;

import org.jspecify.annotations.NullMarked;
