/** The host's half of run permits, carried out: what {@code io.godwit.control.permit} decides. */
@NullMarked
package io.godwit.actors.permit;

import org.jspecify.annotations.NullMarked;
