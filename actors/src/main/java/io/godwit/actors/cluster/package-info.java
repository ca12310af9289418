/** What a node's actor system is made of. */
@NullMarked
package io.godwit.actors.cluster;

import org.jspecify.annotations.NullMarked;
