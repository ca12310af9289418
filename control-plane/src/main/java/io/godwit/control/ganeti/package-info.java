/**
 * Inventories of Ganeti: the text format of its {@code htools}, so that an operator's own cluster can be simulated.
 *
 * <p>Source of the format: {@code htools(1)}, option {@code --text-data}, of Ganeti 3.0.
 */
@NullMarked
package io.godwit.control.ganeti;

import org.jspecify.annotations.NullMarked;
