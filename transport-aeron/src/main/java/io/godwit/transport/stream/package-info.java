/** Streams of pages between two hosts: demand by Pekko Streams, bytes by Agrona agents, one thread per lane end. */
@NullMarked
package io.godwit.transport.stream;

import org.jspecify.annotations.NullMarked;
