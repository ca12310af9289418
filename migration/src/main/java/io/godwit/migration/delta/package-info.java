/** XBZRLE: pages sent as their differences to what was sent of them before. */
@NullMarked
package io.godwit.migration.delta;

import org.jspecify.annotations.NullMarked;
