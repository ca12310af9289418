/** Maintenance of hosts: the shell of {@code control.maintenance}. */
@NullMarked
package io.godwit.actors.maintenance;

import org.jspecify.annotations.NullMarked;
