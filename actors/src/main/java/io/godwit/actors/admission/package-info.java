/** Who may migrate where: every reason against it, in one answer. Pure. */
@NullMarked
package io.godwit.actors.admission;

import org.jspecify.annotations.NullMarked;
