/** The two sides of a live migration as actors. */
@NullMarked
package io.godwit.actors.migration;

import org.jspecify.annotations.NullMarked;
