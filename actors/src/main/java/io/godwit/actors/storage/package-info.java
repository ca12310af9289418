/** A host's storage pools and the volumes in them. */
@NullMarked
package io.godwit.actors.storage;

import org.jspecify.annotations.NullMarked;
