/** The doors to the ledger and to the other hosts. */
@NullMarked
package io.godwit.actors.directory;

import org.jspecify.annotations.NullMarked;
